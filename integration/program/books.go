package program

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Account counts events as the admin server tells it.
type Account struct {
	Consumed     int64 `json:"consumed"`
	Delivered    int64 `json:"delivered"`
	Filtered     int64 `json:"filtered"`
	DeadLettered int64 `json:"dead_lettered"`
	HandedBack   int64 `json:"handed_back"`
	InFlight     int64 `json:"in_flight"`
}

// Imbalance is what the account is off by.
func (a Account) Imbalance() int64 {
	return a.Consumed - a.Delivered - a.Filtered - a.DeadLettered - a.HandedBack - a.InFlight
}

// Add adds another account to this one.
func (a *Account) Add(b Account) {
	a.Consumed += b.Consumed
	a.Delivered += b.Delivered
	a.Filtered += b.Filtered
	a.DeadLettered += b.DeadLettered
	a.HandedBack += b.HandedBack
	a.InFlight += b.InFlight
}

// Books are the accounts of one member: in total, and of the partitions that it owns now.
type Books struct {
	Account
	Partitions []Account
	// Operations are those that were delivered: an alias, for one, is two of them.
	Operations int64
}

// status is the part of /api/v1/status that is read here.
type status struct {
	Ledger     Account `json:"ledger"`
	Partitions []struct {
		Ledger Account `json:"ledger"`
	} `json:"partitions"`
	Sink struct {
		Delivered int64 `json:"delivered_operations"`
	} `json:"sink"`
}

// Books reads the member's books.
func (m *Member) Books(ctx context.Context) (Books, error) {
	code, body, err := m.Get(ctx, "/api/v1/status")
	if err != nil {
		return Books{}, err
	}
	if code != http.StatusOK {
		return Books{}, fmt.Errorf("%s answers its status with %d: %s", m.Name, code, body)
	}
	var s status
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		return Books{}, fmt.Errorf("the status of %s: %w", m.Name, err)
	}
	b := Books{Account: s.Ledger, Operations: s.Sink.Delivered}
	for _, p := range s.Partitions {
		b.Partitions = append(b.Partitions, p.Ledger)
	}
	return b, nil
}

// Farewell returns what the member, which has ended in good order, wrote last about its books.
func (m *Member) Farewell() (Account, error) {
	text, err := m.Output()
	if err != nil {
		return Account{}, err
	}
	var last string
	for line := range strings.Lines(text) {
		if strings.Contains(line, "stopped") {
			last = line
		}
	}
	number := func(name string) int64 {
		_, after, ok := strings.Cut(last, name)
		if !ok {
			err = errors.Join(err, fmt.Errorf("the last line of %s does not say %s: %q", m.Name, name, last))
			return 0
		}
		after = strings.TrimLeft(after, `"=: `)
		digits := after[:len(after)-len(strings.TrimLeft(after, "0123456789"))]
		n, bad := strconv.ParseInt(digits, 10, 64)
		err = errors.Join(err, bad)
		return n
	}
	a := Account{
		Consumed: number("consumed"), Delivered: number("delivered"), Filtered: number("filtered"),
		DeadLettered: number("dead_lettered"), HandedBack: number("handed_back"),
	}
	return a, err
}
