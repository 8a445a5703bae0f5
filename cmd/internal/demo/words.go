package demo

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pintle-io/pintle/sink"
)

// count writes a number with a comma at every thousand.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

// tally writes counts by their names, the greatest first.
func tally[K ~string](counts map[K]int64) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	parts := make([]string, 0, len(names))
	for _, name := range names {
		parts = append(parts, string(name)+" "+count(counts[name]))
	}
	return strings.Join(parts, " · ")
}

// seconds writes a length of time the way one reads it.
func seconds(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// age is that of the oldest unfinished record of all partitions.
func (s *Snapshot) age() time.Duration {
	var oldest time.Duration
	for i := range s.Stats.Partitions {
		oldest = max(oldest, s.Stats.Partitions[i].Age)
	}
	return oldest
}

// holding says why everything waits; empty when it does not.
func (s *Snapshot) holding(now time.Time) string {
	g := &s.Stats.Sink.Gate
	if !g.Shut {
		return ""
	}
	var why string
	switch g.Cause {
	case sink.CauseCredentials:
		why = fmt.Sprintf("the key is refused (HTTP %d)", g.Status)
	case sink.CauseConfiguration:
		why = fmt.Sprintf("the address is wrong (HTTP %d)", g.Status)
	case sink.CauseTransport:
		why = "Customer.io does not answer"
	default:
		why = fmt.Sprintf("Customer.io is down (HTTP %d)", g.Status)
	}
	return why + " for " + seconds(now.Sub(g.Since))
}

// books says whether the account adds up.
func (s *Snapshot) books() (text string, balance bool) {
	l := &s.Stats.Ledger
	if off := l.Imbalance(); off != 0 {
		return "off by " + count(off), false
	}
	return "every consumed event is in one of these counts", true
}

// perRequest is how many events a request carried that Customer.io took.
func (s *Snapshot) perRequest() float64 {
	taken := int64(0)
	for status, n := range s.CustomerIO.Statuses {
		if status >= 200 && status <= 299 {
			taken += n
		}
	}
	if taken == 0 {
		return 0
	}
	return float64(s.CustomerIO.Items) / float64(taken)
}

// unfinished is how many events have not ended yet, those in the topic included.
func (s *Snapshot) unfinished() int64 {
	l := &s.Stats.Ledger
	return max(0, s.Produced-l.Delivered-l.Filtered-l.DeadLettered)
}

// backlog is how many events wait in the topic.
func (s *Snapshot) backlog() int64 { return max(0, s.Produced-s.Stats.Ledger.Consumed) }
