package canary

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/figure"
	"github.com/pintle-io/pintle/integration/program"
)

// atOnce is how many members run at a time.
const atOnce = 6

// TestNoCanaryGetsOut runs the shipped binary over every path on which it writes anything, with a unique
// text in every personal value and every secret, and searches all that it wrote for each of them.
func TestNoCanaryGetsOut(t *testing.T) {
	w := newWorld(t)
	binary, faulty := w.build()
	if t.Failed() {
		return
	}
	all := map[string]func(){
		"everything":  func() { w.runEverything(binary) },
		"no-letters":  func() { w.runWithoutLetters(binary) },
		"wrong-login": func() { w.runWithAnotherPassword(binary) },
		"faults":      func() { w.runFaults(faulty) },
		"no-tls": func() {
			w.runUntilHolding(binary, "no-tls", plan{endpoint: strings.Replace(w.front.URL, "http:", "https:", 1)})
		},
		"no-host":      func() { w.runUntilHolding(binary, "no-host", plan{endpoint: "http://customerio.invalid"}) },
		"proxy":        func() { w.runUntilHolding(binary, "proxy", w.proxy(strings.TrimPrefix(w.front.URL, "http://"))) },
		"proxy-gone":   func() { w.runUntilHolding(binary, "proxy-gone", w.proxy("127.0.0.1:1")) },
		"proxy-broken": func() { w.runUntilHolding(binary, "proxy-broken", w.proxy("not a host")) },
		"commands":     func() { w.runCommands(binary) },
	}
	for name, treat := range w.front.misbehaviour() {
		w.front.treat(name, treat)
		all[name] = func() { w.runUntilHolding(binary, name, plan{}) }
	}
	w.front.treat("proxy", saying(407, "<html>", "</html>"))
	var running sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			all[name]()
		})
	}
	running.Wait()
	w.requests()
	w.judge()
}

// build builds the program as it is shipped, and with planted faults.
func (w *world) build() (binary, faulty string) {
	w.Helper()
	var building sync.WaitGroup
	build := func(into *string, dir string, flags ...string) {
		building.Go(func() {
			if err := os.Mkdir(dir, 0o700); err != nil {
				w.Error(err)
			}
			var err error
			if *into, err = program.Build(w.Context(), dir, "./cmd/pintle", flags...); err != nil {
				w.Error(err)
			}
		})
	}
	overlay := w.plant()
	build(&binary, w.dir+"/shipped")
	build(&faulty, w.dir+"/faulty", "-overlay", overlay)
	building.Wait()
	return binary, faulty
}

// judge searches all that was written.
func (w *world) judge() {
	w.Helper()
	search := NewSearch(w.cage.All())
	allowed, found, size := map[string]bool{}, map[string]Found{}, 0
	for _, p := range w.pieces {
		size += len(p.text)
		for _, f := range search.In(p.where, p.text) {
			if p.may[f.Kind] {
				allowed[f.Name] = true
			} else {
				found[f.Text+p.where] = f
			}
		}
	}
	for i, f := range slices.Sorted(maps.Keys(found)) {
		if i == 30 {
			w.Errorf("and %d more", len(found)-i)
			break
		}
		leak := found[f]
		w.Error(&leak)
	}
	// A search that finds nothing where everything is proves nothing.
	if len(allowed) < 300 {
		w.Errorf("only %d canaries were found where they belong", len(allowed))
	}
	w.Logf("%d canaries looked for in %d texts of %d bytes; %d of them found where they belong", len(w.cage.All()), len(w.pieces), size, len(allowed))
	f := figure.Figure{Tier: "privacy", What: "privacy canaries found", Runs: len(w.pieces), Value: float64(len(found)), Unit: "canaries", Limit: 0}
	if err := f.Print(os.Stdout); err != nil {
		w.Error(err)
	}
}

// runEverything is a member that is given events for every way that one can end.
func (w *world) runEverything(binary string) {
	const name = "everything"
	w.topics(name, true)
	w.front.treat(name, good)
	w.produce(name, 0, everything(w.T, w.cage))
	w.produce(name, 2, healthy(w.cage, "passed over"))
	w.forget(name, 2)
	m := w.launch(name, plan{binary: binary})
	if m == nil {
		return
	}
	m.until("a gap", "/api/v1/gaps", func(answer string) bool { return strings.Contains(answer, `"reason":"retention"`) })
	m.finished(name, 0)
	bad := broken(w.T, w.cage)
	for range 25 { // the brake counts the last 200
		w.produce(name, 1, bad)
	}
	m.status("the brake", func(s string) bool { return strings.Contains(s, `"braked":true`) })
	m.ask(questions()...)
	answers := m.ask("POST /api/v1/brake/release", "GET /debug/pprof/profile?seconds=1")
	w.happened("a released brake", strings.Contains(answers["POST /api/v1/brake/release"], `"partitions":1`))
	m.ask(questions()...)
	said := m.ends(syscall.SIGTERM)
	w.happened("an end in order", strings.Contains(said, `"msg":"stopped"`))
	reasons := w.letters(name)
	for _, reason := range []string{"decode", "invalid", "too_large", "rejected"} {
		w.happened("a letter of the reason "+reason, reasons[reason] > 0)
	}
	w.commits(name)
}

// forget has the broker forget the first records of a partition that the group had committed to read.
func (w *world) forget(topic string, partition int32) {
	w.Helper()
	offsets := kadm.Offsets{}
	for p := range int32(partitions) {
		offsets.Add(kadm.Offset{Topic: topic, Partition: p, At: 0, LeaderEpoch: -1})
	}
	if err := w.admin.CommitAllOffsets(w.Context(), topic, offsets); err != nil {
		w.Error(err)
	}
	gone := kadm.Offsets{}
	gone.Add(kadm.Offset{Topic: topic, Partition: partition, At: 3})
	if _, err := w.admin.DeleteRecords(w.Context(), gone); err != nil {
		w.Error(err)
	}
}

// runUntilHolding is a member whose destination, or way there, does not do what it should. It ends with
// the dump of its goroutines.
func (w *world) runUntilHolding(binary, name string, p plan) {
	p.binary = binary
	w.topics(name, true)
	w.produce(name, 0, healthy(w.cage, name))
	m := w.launch(name, p)
	if m == nil {
		return
	}
	m.status("requests that fail", func(s string) bool {
		sent := !strings.Contains(s, `"requests":0,`)
		again := !strings.Contains(s, `"retries":0,`) || !strings.Contains(s, `"rejected_operations":0,`)
		return strings.Contains(s, `"state":"holding"`) || sent && (again || name == "hanging")
	})
	m.ask(questions()...)
	said := m.ends(syscall.SIGQUIT)
	w.happened("a dump of "+name, strings.Contains(said, "SIGQUIT"))
	w.letters(name)
	w.commits(name)
}

// proxy is a plan with a proxy that wants credentials.
func (w *world) proxy(host string) plan {
	return plan{
		endpoint: "http://customerio.invalid",
		env:      []string{fmt.Sprintf("HTTP_PROXY=http://%s:%s@%s", w.secrets.proxyUser, w.secrets.proxyPassword, host)},
	}
}

// runWithoutLetters is a member whose letters have no topic.
func (w *world) runWithoutLetters(binary string) {
	const name = "no-letters"
	w.topics(name, false)
	w.front.treat(name, good)
	w.produce(name, 0, append(broken(w.T, w.cage)[:3], healthy(w.cage, name)...))
	m := w.launch(name, plan{binary: binary})
	if m == nil {
		return
	}
	m.status("letters that wait", func(s string) bool { return strings.Contains(s, `"error":"`) && !strings.Contains(s, `"error":""`) })
	m.ask(questions()...)
	m.ends(syscall.SIGTERM)
}

// runWithAnotherPassword is a member that the broker turns away.
func (w *world) runWithAnotherPassword(binary string) {
	const name = "wrong-login"
	w.topics(name, true)
	m := w.launch(name, plan{binary: binary, password: w.cage.Secret("wrong password of Kafka")})
	if m == nil {
		return
	}
	m.ask(questions()...)
	said := m.ends(syscall.SIGTERM)
	w.happened("a refused login", strings.Contains(strings.ToUpper(said), "SASL"))
}

// happened fails when something did not: a run without it shows nothing of it.
func (w *world) happened(what string, did bool) {
	w.Helper()
	if !did {
		w.Errorf("it never happened: %s", what)
	}
}

// values are the values of records, one a line.
func values(records []*kgo.Record) (lines []byte) {
	for _, r := range records {
		lines = append(append(lines, r.Value...), '\n')
	}
	return lines
}
