//go:build synctests

package sim

import (
	"flag"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pintle-io/pintle/integration/history"
)

//nolint:gochecknoglobals // flags of the test binary
var (
	firstSeed = flag.Uint64("sim.seed", 1, "the first seed")
	runs      = flag.Int("sim.runs", 20, "how many seeds")
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
	var found []history.Violation
	var log []string
	synctest.Test(t, func(t *testing.T) { found, log = run(t, p, happen) })
	if len(found) == 0 {
		return true
	}
	t.Errorf("%s", p)
	for _, v := range found {
		t.Errorf("%s", v)
	}
	t.Logf("the log:\n%s", strings.Join(log, "\n"))
	return false
}
