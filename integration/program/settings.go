package program

import (
	"fmt"
	"strings"
	"time"
)

// Settings are what tests and benchmarks set of pintle's configuration; all else is the default.
type Settings struct {
	Brokers               []string
	Topic, Letters, Group string
	// Endpoint is where the stand-in listens.
	Endpoint string
	// SiteID and APIKey are the credentials; empty: some that every stand-in takes.
	SiteID, APIKey string
	// Rate is in requests a second: 0 the default, below 0 without limit.
	Rate float64
	// NextGen asks for the KIP-848 group protocol.
	NextGen bool
	// RecordBytes bounds a record's value, 0 the default.
	RecordBytes int
	// Memory is the budget of memory in bytes, 0 the default.
	Memory int
	// Session is the session time-out of the group and Drain the drain time-out, 0 the defaults.
	Session, Drain time.Duration
	// Instance is the member's name of static membership, empty for none.
	Instance string
	// LogLevel is the log's, empty the default.
	LogLevel string
	// Before is a command that runs the program, such as prlimit with its flags. Its process must become
	// the program's.
	Before []string
	// Admin is the address of the admin server, empty for a free one.
	Admin string
}

// YAML is the configuration file of these settings.
func (s Settings) YAML() string {
	if s.SiteID == "" {
		s.SiteID, s.APIKey = "site", "key"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "kafka:\n  brokers: [%s]\n  topic: %s\n  group: %s\n  start: earliest\n", strings.Join(s.Brokers, ", "), s.Topic, s.Group)
	if s.NextGen {
		b.WriteString("  server_side_balancer: true\n")
	}
	if s.Instance != "" {
		fmt.Fprintf(&b, "  instance_id: %s\n", s.Instance)
	}
	if s.Session > 0 {
		fmt.Fprintf(&b, "  session_timeout: %s\n", s.Session)
	}
	fmt.Fprintf(&b, "dead_letters:\n  topic: %s\n", s.Letters)
	fmt.Fprintf(&b, "customerio:\n  endpoint: %s\n  site_id: %s\n  api_key: %s\n", s.Endpoint, s.SiteID, s.APIKey)
	switch {
	case s.Rate < 0:
		b.WriteString("  rate: unlimited\n")
	case s.Rate > 0:
		fmt.Fprintf(&b, "  rate: %v\n", s.Rate)
	}
	if s.RecordBytes != 0 {
		fmt.Fprintf(&b, "limits:\n  record_bytes: %d\n", s.RecordBytes)
	}
	if s.Drain > 0 || s.Memory > 0 {
		b.WriteString("delivery:\n")
	}
	if s.Drain > 0 {
		fmt.Fprintf(&b, "  drain_timeout: %s\n", s.Drain)
	}
	if s.Memory > 0 {
		fmt.Fprintf(&b, "  memory: %d\n", s.Memory)
	}
	if s.LogLevel != "" {
		fmt.Fprintf(&b, "log:\n  level: %s\n", s.LogLevel)
	}
	fmt.Fprintf(&b, "admin:\n  listen: %s\n", s.Admin)
	return b.String()
}
