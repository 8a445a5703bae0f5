package canary

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Kind says whose a value is.
type Kind string

// The kinds.
const (
	// Personal are values of events: they may stand in requests, in what a letter keeps of its record and
	// quotes of the destination's words, and in what preview shows, and nowhere else.
	Personal Kind = "personal value"
	// Secret are values of the operator: they leave on the wire for what they are meant for, and are never
	// written down.
	Secret Kind = "secret"
)

// Canary is a value that occurs nowhere but where it was planted.
type Canary struct {
	// Name says what it stands for, such as "e-mail".
	Name string
	Kind Kind
	// Text is the unique part of the value: letters of ASCII in lower case and digits, so that few ways to
	// quote a text change it.
	Text string
}

// Cage holds the canaries of a run. Its methods may be called by many goroutines at once.
type Cage struct {
	mu   sync.Mutex
	list []Canary
}

// length is that of the unique part: two halves, each of which is unique by itself, so that a value is
// found that was cut off.
const length, half = 20, 10

// Personal returns a new unique text for a personal value of this name. Names may repeat.
func (c *Cage) Personal(name string) string { return c.add(name, Personal, random()) }

// Secret returns a new unique text for a secret of this name.
func (c *Cage) Secret(name string) string { return c.add(name, Secret, random()) }

// Digits returns a new unique number of 15 digits for a personal value that consists of digits.
func (c *Cage) Digits(name string) string {
	n, err := rand.Int(rand.Reader, big.NewInt(9e14))
	if err != nil {
		panic(err) // the system has no randomness
	}
	return c.add(name, Personal, strconv.FormatInt(n.Int64()+1e14, 10))
}

// Address returns a new unique IPv6 address.
func (c *Cage) Address(name string) string {
	var text strings.Builder
	text.WriteString("2001:db8")
	for range 6 {
		var b [2]byte
		_, _ = rand.Read(b[:])
		fmt.Fprintf(&text, ":%02x%02x", b[0]|0x10, b[1]) // no zeros that could be left out
	}
	return c.add(name, Personal, text.String())
}

// All returns the canaries that were made so far.
func (c *Cage) All() []Canary {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}

func (c *Cage) add(name string, kind Kind, text string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, Canary{name, kind, text})
	return text
}

// random returns letters and digits.
func random() string {
	var b [length]byte
	_, _ = rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))[:length]
}

// pieces are what is searched for: a number or an address as a whole, since half of it may be anything.
func (c *Canary) pieces() []string {
	if len(c.Text) != length {
		return []string{c.Text}
	}
	return []string{c.Text[:half], c.Text[half:]}
}
