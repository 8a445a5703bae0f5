//go:build synctests

package sim

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pintle-io/pintle/integration/history"
)

//nolint:gochecknoglobals // flags of the test binary
var (
	firstSeed = flag.Uint64("sim.seed", 1, "the first seed")
	runs      = flag.Int("sim.runs", 20, "how many seeds")
	dump      = flag.String("sim.history", "", "a file for the history of the schedule that fails, as JSON lines")
)

func TestSchedules(t *testing.T) {
	happen := newHappenings()
	for i := range *runs {
		seed := *firstSeed + uint64(i)
		if !schedule(t, seed, happen) {
			return
		}
	}
	t.Logf("%v", happen.counts)
}

// schedule runs a seed; it tells everything about it when it fails.
func schedule(t *testing.T, seed uint64, happen *happenings) bool {
	p := newPlan(seed)
	var o outcome
	synctest.Test(t, func(t *testing.T) { o = run(t, p, happen) })
	if len(o.found) == 0 {
		return true
	}
	t.Errorf("%s", p)
	for _, v := range o.found {
		t.Errorf("%s", v)
	}
	t.Logf("the log:\n%s", strings.Join(o.log, "\n"))
	if *dump != "" {
		write(t, *dump, o.history)
	}
	return false
}

// write puts a history into a file.
func write(t *testing.T, file string, h history.History) {
	t.Helper()
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	for i := range h {
		if err := lines.Encode(&h[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
