// Package figure is how tests of every tier hand on what they measured, so that one program can print
// the table of the proof: a line on stdout for each figure, the word FIGURE and a JSON object.
package figure

import (
	"encoding/json"
	"fmt"
	"io"
)

// Figure is one measured value, and what it may be.
type Figure struct {
	// Tier is the tier of the proof: process, simulation, brokers.
	Tier string `json:"tier"`
	// What was measured, in words that stay the same from run to run, and over how many Runs.
	What string `json:"what"`
	Runs int    `json:"runs,omitempty"`
	// Value is in Unit; Limit is the most that it may be.
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Limit float64 `json:"limit"`
	// Free says that there is no limit: the value is for information.
	Free bool `json:"free,omitempty"`
}

// Met reports whether the value is within its limit.
func (f Figure) Met() bool { return f.Free || f.Value <= f.Limit }

// Print writes the line of a figure.
func (f Figure) Print(w io.Writer) error {
	type line struct {
		Figure
		Met bool `json:"met"`
	}
	text, err := json.Marshal(line{f, f.Met()})
	if err != nil {
		return fmt.Errorf("figure %q: %w", f.What, err)
	}
	_, err = fmt.Fprintf(w, "FIGURE %s\n", text)
	return err //nolint:wrapcheck // the writer's, as it is
}
