package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// table counts what happened over all schedules.
type table struct {
	schedules int
	happened  map[string]int
}

func newTable() *table { return &table{happened: map[string]int{}} }

func (t *table) add(r report) {
	t.schedules += r.Schedules
	for what, n := range r.Happened {
		t.happened[what] += n
	}
}

// enough is how many schedules it takes to say that something did not happen.
const enough = 500

// must are the things that must have happened, each in at least one of 100 schedules. A run without them
// is vacuous: it proves nothing about them.
func must() []string {
	return []string{
		"gate shut", "gate opened again", "probe passed", "probe failed", "part of a batch refused", "request split", "answer 400 or 422", "answer 429", "answer 401",
		"request without an answer", "stored and never answered", "one call for a large event",
		"partitions handed over", "partitions lost", "revoked with requests in the air", "member fenced",
		"kill with requests in the air", "stop with requests in the air", "killed in a stop", "lease lapsed", "late result ignored",
		"broker away",
		"commit refused", "commit applied and reported failed", "commit with a finished set", "finished set skipped",
		"letter refused", "letter written twice", "letter applied and reported failed", "polling held up",
	}
}

// print writes the table and reports whether something is missing.
func (t *table) print(out io.Writer) (missing bool) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, what := range slices.Sorted(maps.Keys(t.happened)) {
		fmt.Fprintf(w, "%d\t%.1f %%\t  %s\n", t.happened[what], 100*float64(t.happened[what])/float64(max(t.schedules, 1)), what)
	}
	_ = w.Flush()
	if t.schedules < enough {
		return false
	}
	for _, what := range must() {
		if t.happened[what]*100 < t.schedules {
			missing = true
			fmt.Fprintf(out, "MISSING: %q happened in %d of %d schedules, and must in at least 1 of 100\n", what, t.happened[what], t.schedules)
		}
	}
	return missing
}
