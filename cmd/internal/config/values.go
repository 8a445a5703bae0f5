package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The types of values that are neither text nor number. Each reads itself; its error says what is
// wanted, not what was found: the place is told beside it.
type (
	// Start says where a group without commits begins; empty: nowhere, it is refused.
	Start string
	// Mechanism is a mechanism of SASL; empty: none.
	Mechanism string
	// Region is a data centre of Customer.io.
	Region string
	// Rate is in requests a second; negative: no limit.
	Rate float64
	// Size is in bytes.
	Size int64
	// Level is the least level of log lines.
	Level string
	// Format is the form of log lines.
	Format string
	// Expression is a text in the language of filters and rules; empty: none.
	Expression string
	// Require says how many of the consents are needed.
	Require string
	// Unknown says what becomes of events that tell of no consent.
	Unknown string
)

// UnmarshalText reads earliest, latest or a time.
func (s *Start) UnmarshalText(text []byte) error {
	*s = Start(text)
	if *s == "earliest" || *s == "latest" {
		return nil
	}
	if _, err := time.Parse(time.RFC3339, string(text)); err != nil {
		return errors.New("write earliest, latest, or a time such as 2026-01-31T00:00:00Z")
	}
	return nil
}

// UnmarshalText reads the name of a mechanism.
func (m *Mechanism) UnmarshalText(text []byte) error {
	return oneOf((*string)(m), strings.ToUpper(string(text)), "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
}

// UnmarshalText reads us or eu.
func (r *Region) UnmarshalText(text []byte) error {
	return oneOf((*string)(r), strings.ToLower(string(text)), "us", "eu")
}

// UnmarshalText reads all or any.
func (r *Require) UnmarshalText(text []byte) error {
	return oneOf((*string)(r), string(text), "all", "any")
}

// UnmarshalText reads deliver or filter.
func (u *Unknown) UnmarshalText(text []byte) error {
	return oneOf((*string)(u), string(text), "deliver", "filter")
}

// UnmarshalText reads a level.
func (l *Level) UnmarshalText(text []byte) error {
	return oneOf((*string)(l), string(text), "debug", "info", "warn", "error")
}

// UnmarshalText reads a format.
func (f *Format) UnmarshalText(text []byte) error {
	return oneOf((*string)(f), string(text), "auto", "json", "text")
}

// UnmarshalText reads a number of requests a second, or unlimited.
func (r *Rate) UnmarshalText(text []byte) error {
	if string(text) == "unlimited" || string(text) == "-1" {
		*r = -1
		return nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || f <= 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		return errors.New("write a number of requests a second such as 100, or unlimited")
	}
	*r = Rate(f)
	return nil
}

// UnmarshalText reads a number of bytes with or without a unit.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := strings.TrimSpace(string(text)), int64(1)
	for suffix, bytes := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 1e3, "MB": 1e6, "GB": 1e9} {
		if rest, ok := strings.CutSuffix(number, suffix); ok {
			number, unit = strings.TrimSpace(rest), bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/unit {
		return errors.New("write a size such as 256MiB or 500000")
	}
	*s = Size(n * unit)
	return nil
}

func oneOf(into *string, text string, allowed ...string) error {
	if slices.Contains(allowed, text) {
		*into = text
		return nil
	}
	return fmt.Errorf("write %s", strings.Join(allowed, " or "))
}
