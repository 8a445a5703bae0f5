package brokers

import (
	"os"
	"strings"
	"time"

	"github.com/pintle-io/pintle/integration/figure"
	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/witness"
)

// judge ends the processes, completes the history and has it checked.
func (g *group) judge() {
	s := g.stage
	s.Helper()
	g.settled()
	g.end()
	g.inputs()
	g.letters()
	g.remember()
	g.leaks()
	h := g.rec.History()
	counts := map[string]int{}
	for _, broken := range history.Check(h) {
		counts[broken.Invariant]++
		s.Error(broken)
	}
	if st := g.front.Server.Stats(); st.OrderViolations > 0 || st.Duplicates > 0 {
		s.Errorf("the stand-in counts %d first deliveries out of order and %d duplicates", st.OrderViolations, st.Duplicates)
	}
	events, again, commits := tally(h)
	if commits == 0 {
		s.Error("no commit was found where Kafka keeps them: the history shows nothing of them")
	}
	name := ", " + g.name
	s.show(figure.Figure{What: "all scenarios: events lost" + name, Runs: events, Value: float64(counts["I1"] + counts["I12"]), Unit: "events"})
	s.show(figure.Figure{What: "all scenarios: users with a stale state" + name, Runs: users, Value: float64(counts["I2b"]), Unit: "users"})
	s.show(figure.Figure{What: "all scenarios: letters for an outage" + name, Runs: events, Value: float64(counts["I7"]), Unit: "letters"})
	s.show(figure.Figure{What: "all scenarios: events sent again" + name, Runs: events, Value: float64(again), Unit: "events", Free: true})
}

// inputs puts what was produced into the history. What was produced to the second topic of the name has
// partitions of its own there.
func (g *group) inputs() {
	for i, load := range g.loads {
		for _, p := range load.Book() {
			in := p.Input()
			in.Partition += int32(i * partitions)
			g.rec.Add(history.Entry{Input: in})
		}
	}
}

// letters puts the letters of their topic into the history. When each was acknowledged, and to whom, nobody
// saw: it was made by who sent its event last, and not earlier than that was answered.
func (g *group) letters() {
	g.stage.Helper()
	senders := map[int]string{}
	for _, e := range g.rec.History() {
		if e.Arrival != nil {
			for _, it := range e.Arrival.Items {
				senders[it.Seq] = e.Arrival.By
			}
		}
	}
	list, err := witness.Letters(g.stage.ctx, g.settings.Brokers, g.settings.Letters)
	if err != nil {
		g.stage.Error(err)
	}
	type source struct {
		history.Place
		millis int64
	}
	topics, events := map[source]int32{}, map[source]int{}
	for i, load := range g.loads {
		for _, p := range load.Book() {
			at := source{history.Place{Partition: p.Record.Partition, Offset: p.Record.Offset}, p.Record.Timestamp.UnixMilli()}
			topics[at], events[at] = int32(i), p.Event.Seq
		}
	}
	for i := range list {
		l := &list[i]
		of := source{l.Place, l.Record.Millis}
		l.Partition += topics[of] * partitions
		g.rec.Recall(l.At, history.Entry{Written: &history.Written{By: senders[events[of]], Place: l.Place, Op: l.Op}})
		g.rec.Recall(l.At, history.Entry{Letter: &l.Letter})
	}
}

// leaks looks for what is personal in the logs.
func (g *group) leaks() {
	g.stage.Helper()
	for _, l := range g.lives {
		text, err := l.Output()
		g.stage.must(err)
		for _, private := range []string{"@example.com", "token-of-", "anonymous-", "user-1"} {
			if strings.Contains(text, private) {
				g.rec.Add(history.Entry{Leak: &history.Leak{By: l.Name, Where: "log", Text: private}})
			}
		}
	}
}

// tally counts the events, those that arrived once more after they were stored, and the commits.
func tally(h history.History) (events, again, commits int) {
	stored := map[int]bool{}
	for i := range h {
		switch e := &h[i]; {
		case e.Input != nil:
			events += len(e.Input.Events)
		case e.Commit != nil:
			commits++
		case e.Applied != nil:
			for _, seq := range e.Applied.Stored {
				if stored[seq] {
					again++
				}
				stored[seq] = true
			}
		}
	}
	return events, again, commits
}

// keep leaves the logs of a failure behind, and says where.
func (g *group) keep() {
	t := g.stage.whole
	t.Helper()
	if !t.Failed() {
		return
	}
	dir, err := os.MkdirTemp("", "pintle-brokers-"+time.Now().Format("150405-"))
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(g.dir))
	}
	t.Logf("the logs of the %s group are in %s (%v)", g.name, dir, err)
}
