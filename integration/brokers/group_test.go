package brokers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/pintle-io/pintle/integration/figure"
	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/kafka"
	"github.com/pintle-io/pintle/integration/program"
	"github.com/pintle-io/pintle/integration/witness"
)

// members is how many processes a group has.
const members = 3

// group is a group of processes, its topics, its load and its destination.
type group struct {
	stage    *stage
	name     string
	dir      string
	binary   string
	settings program.Settings
	rec      *history.Recorder
	front    *witness.Front
	loads    []*witness.Load // one for each topic that the name had
	stop     func() error    // of the load
	lives    []*life
}

// life is one start of the program.
type life struct {
	*program.Member
	instance string
	begun    time.Time
	ended    bool
}

// newGroup makes the topics and the destination of a group.
func newGroup(s *stage, binary string, nextGen bool) *group {
	s.Helper()
	g := &group{stage: s, name: "classic", dir: s.whole.TempDir(), binary: binary, rec: history.NewRecorder()}
	if nextGen {
		g.name = "KIP-848"
	}
	low := strings.ToLower(g.name)
	g.settings = program.Settings{
		Brokers: s.cluster.Addrs, Topic: "events-" + low, Letters: "letters-" + low, Group: "pintle-" + low, Rate: -1, NextGen: nextGen,
	}
	g.front = witness.NewFront(g.rec, func(witness.Moment, string) bool { return true })
	s.whole.Cleanup(g.front.Close)
	s.whole.Cleanup(g.keep)
	// So that there is always something in the air.
	g.front.Slow(func(body []byte) time.Duration { return time.Duration(10+len(body)%40) * time.Millisecond })
	g.createSource()
	s.create(g.settings.Letters, letterPartitions, map[string]string{"max.message.bytes": strconv.Itoa(letterBytes)})
	if nextGen {
		s.must(kafka.SetSession(s.ctx, s.client, g.settings.Group, 10*time.Second)) // as the classic one has by default
	}
	load, err := witness.NewLoad(s.client, g.settings.Topic, partitions, users, func(err error) { s.whole.Error(err) })
	s.must(err)
	g.loads = []*witness.Load{load}
	return g
}

func (g *group) createSource() {
	g.stage.Helper()
	g.stage.create(g.settings.Topic, partitions, map[string]string{"max.message.bytes": strconv.Itoa(topicBytes)})
}

// create makes a topic and waits until it has leaders.
func (s *stage) create(topic string, n int32, settings map[string]string) {
	s.Helper()
	pointers := map[string]*string{}
	for key, value := range settings {
		pointers[key] = &value
	}
	s.until("topic "+topic+" to be made", func() (bool, string) { // one that was deleted may not be gone yet
		_, err := s.admin.CreateTopic(s.ctx, n, brokers, pointers, topic)
		return err == nil, fmt.Sprint(err)
	})
	s.healed()
}

// begin starts the load and the processes. The function that it returns ends the load.
func (g *group) begin() (stop func()) {
	g.stage.Helper()
	g.stage.must(g.load().Some(g.stage.ctx, 100)) // which waits until the brokers know the topic
	g.stop = g.load().Start(g.stage.ctx, rate)
	g.start()
	return func() { g.stage.must(g.stop()) }
}

// load is what is produced now.
func (g *group) load() *witness.Load { return g.loads[len(g.loads)-1] }

// start starts the processes.
func (g *group) start() {
	g.stage.Helper()
	for n := range members {
		l := &life{instance: fmt.Sprintf("pintle-%d", n), begun: time.Now()}
		name := fmt.Sprintf("%s-%d-%d", g.name, n, len(g.lives)/members+1)
		s := g.settings
		s.Instance, s.Endpoint = l.instance, g.front.URL+"/"+name
		g.rec.Add(history.Entry{Process: &history.Process{By: name, What: history.Started}})
		m, err := program.Launch(g.binary, g.dir, name, s)
		g.stage.must(err)
		l.Member = m
		g.lives = append(g.lives, l)
		g.stage.whole.Cleanup(m.Kill)
	}
}

// running are the processes that have not been asked to end.
func (g *group) running() (list []*life) {
	for _, l := range g.lives {
		if !l.ended {
			list = append(list, l)
		}
	}
	return list
}

// end ends the processes in order, and keeps what they reported.
func (g *group) end() {
	g.stage.Helper()
	for _, l := range g.running() {
		for _, gap := range g.gaps(l) {
			g.rec.Recall(gap.Time, history.Entry{Gap: &history.Gap{By: l.Name, Partition: gap.Partition, From: gap.From, To: gap.To, Reason: gap.Reason}})
		}
		b, err := l.Books(g.stage.ctx)
		g.stage.must(err)
		g.rec.Add(history.Entry{Books: &history.Books{
			By: l.Name, Consumed: b.Consumed, Delivered: b.Delivered, Filtered: b.Filtered, DeadLettered: b.DeadLettered,
			HandedBack: b.HandedBack, InFlight: b.InFlight,
		}})
		l.ended = true
		const limit = 30 * time.Second // the drain time-out by default, and some
		g.rec.Add(history.Entry{Process: &history.Process{By: l.Name, What: history.Stopping, Limit: limit}})
		end := history.Process{By: l.Name, What: history.Ended}
		if err := l.Stop(2 * limit); err != nil {
			end.Error = err.Error()
		}
		g.rec.Add(history.Entry{Process: &end})
	}
}

// gap is one of /api/v1/gaps.
type gap struct {
	Time      time.Time
	Partition int32
	From, To  int64
	Reason    string
}

// gaps are those that a process reports.
func (g *group) gaps(l *life) []gap {
	g.stage.Helper()
	var answer struct{ Gaps []gap }
	g.ask(l, "/api/v1/gaps", &answer)
	return answer.Gaps
}

// ask reads a page of a process's admin server.
func (g *group) ask(l *life, path string, into any) {
	g.stage.Helper()
	code, text, err := l.Get(g.stage.ctx, path)
	g.stage.must(err)
	if code != http.StatusOK {
		g.stage.Fatalf("%s answers %s with %d: %s", l.Name, path, code, text)
	}
	g.stage.must(json.Unmarshal([]byte(text), into))
}

// fault puts into the history what is done to the cluster.
func (g *group) fault(what string) {
	g.stage.Logf("%s: %s", g.name, what)
	g.rec.Add(history.Entry{Fault: &history.Fault{What: what}})
}

// tails shows the ends of the logs.
func (g *group) tails() {
	g.stage.Helper()
	for _, l := range g.running() {
		g.stage.Logf("the end of the log of %s:\n%s", l.Name, l.Tail(15))
	}
}

// mark is a moment, from which on deliveries are looked for.
type mark struct {
	at    time.Time
	next  map[*group]int // the number of the next event
	lines map[*group]int // what the destination has had
}

func (s *stage) mark() mark {
	m := mark{at: time.Now(), next: map[*group]int{}, lines: map[*group]int{}}
	for _, g := range s.groups {
		m.next[g], m.lines[g] = g.load().Next(), len(g.front.Server.Ledger(0))
	}
	return m
}

// recovered waits until events of all partitions that were produced since the mark are delivered, and
// tells how long that took.
func (s *stage) recovered(what string, since mark) {
	s.Helper()
	for _, g := range s.groups {
		seen := map[int32]bool{}
		var last time.Time
		s.until(what+": deliveries of the "+g.name+" group in all partitions", func() (bool, string) {
			for _, it := range g.front.Server.Ledger(since.lines[g]) {
				since.lines[g]++
				if seq := int(it.Seq); it.HasSeq && seq >= since.next[g] && it.Outcome != "rejected" && !seen[g.load().Partition(seq)] {
					seen[g.load().Partition(seq)], last = true, it.Received
				}
			}
			return len(seen) == partitions, fmt.Sprintf("there are some in %d of %d", len(seen), partitions)
		})
		s.show(figure.Figure{
			What: what + ": until all partitions deliver again, " + g.name, Runs: 1,
			Value: last.Sub(since.at).Seconds(), Unit: "s", Free: true,
		})
	}
}

// settled waits until the group has committed everything.
func (g *group) settled() {
	g.stage.Helper()
	g.stage.until("the "+g.name+" group to commit everything", func() (bool, string) {
		ends, err := g.stage.admin.ListEndOffsets(g.stage.ctx, g.settings.Topic)
		if err != nil {
			return false, err.Error()
		}
		committed, err := g.stage.admin.FetchOffsets(g.stage.ctx, g.settings.Group)
		if err != nil {
			return false, err.Error()
		}
		behind := int64(0)
		ends.Each(func(o kadm.ListedOffset) {
			c, _ := committed.Lookup(o.Topic, o.Partition)
			behind += o.Offset - max(0, c.At)
		})
		return behind == 0, fmt.Sprintf("%d records are not committed", behind)
	})
}
