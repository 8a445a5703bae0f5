package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/program"
)

// scenario is one story. It returns when everything that was produced is settled.
type scenario struct {
	name string
	play func(*stage)
	// repeats says that the story ends requests in the air whose answers nobody hears: what they
	// carried may be sent again, and the books of a member that was killed are gone.
	repeats bool
	// nextGen plays it by the KIP-848 protocol on a broker where the others go by the classic one.
	nextGen bool
}

// scenarios is the one suite that runs on every kind of broker.
func scenarios() []scenario {
	return []scenario{
		{name: "plain delivery", play: plainDelivery},
		{name: "members join and leave", play: joinAndLeave},
		{name: "outage", play: outage},
		{name: "poison records", play: poison},
		{name: "207 with items refused", play: refusedItems},
		{name: "wrong key and recovery", play: wrongKey},
		{name: "SIGTERM in flight", play: terminated},
		{name: "kill -9 and restart", play: killed, repeats: true},
		{name: "frozen and thawed", play: thawed, repeats: true},
	}
}

// groupScenarios are those of [scenarios] that are about the group, once more by the other protocol.
func groupScenarios() []scenario {
	return []scenario{
		{name: "KIP-848, join and leave", play: joinAndLeave, nextGen: true},
		{name: "KIP-848, kill -9", play: killed, repeats: true, nextGen: true},
		{name: "KIP-848, frozen and thawed", play: thawed, repeats: true, nextGen: true},
	}
}

func TestScenariosOnFake(t *testing.T) {
	runAll(t, startFake(t))
}

func TestScenariosOnKafka(t *testing.T) {
	if b, ok := startReal(t); ok {
		runAll(t, b)
	}
}

// runAll runs the suite on a broker.
func runAll(t *testing.T, b broker) {
	t.Helper()
	flags := []string{}
	if raceDetector {
		flags = append(flags, "-race")
	}
	binary, err := program.Build(t.Context(), t.TempDir(), "./cmd/pintle", flags...)
	if err != nil {
		t.Fatal(err)
	}
	b.binary = binary
	list := scenarios()
	if b.cluster != nil {
		list = append(list, groupScenarios()...)
	}
	lines := make([]string, len(list))
	for i, sc := range list {
		lines[i] = "NOT FINISHED  " + sc.name
	}
	t.Run("suite", func(t *testing.T) { // returns when the parallel ones have
		for i, sc := range list {
			t.Run(sc.name, func(t *testing.T) {
				t.Parallel()
				lines[i] = run(t, b, sc)
			})
		}
	})
	t.Logf("what ran on %s:\n%s", b.name, strings.Join(lines, "\n"))
}

// run plays a scenario, proves its outcome, and returns a line for the summary.
func run(t *testing.T, b broker, sc scenario) (line string) {
	t.Helper()
	start := time.Now()
	b.nextGen = b.nextGen || sc.nextGen
	s := newStage(t, b, strings.NewReplacer(" ", "-", ",", "").Replace(sc.name))
	sc.play(s)
	s.prove(sc.repeats)
	verdict := "passed"
	if t.Failed() {
		verdict = "FAILED"
	}
	return fmt.Sprintf("%s  %-26s %6d records %6.1f s", verdict, sc.name, len(s.sent), time.Since(start).Seconds())
}
