//go:build synctests

package sim

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// kind is one kind of fault. It plans one occurrence of itself.
type kind struct {
	name string
	most int // occurrences in one run
	plan func(p *plan, r *rand.Rand, at time.Duration)
}

// kinds are all kinds. Each seed enables some of them, so that rare combinations get runs without
// everything else in their way.
func kinds() []kind {
	return []kind{
		{"sink faults", 8, func(p *plan, r *rand.Rand, at time.Duration) {
			list := sinkFaults()
			planSinkFault(p, r, at, list[r.IntN(len(list))])
		}},
		{"requests refused", 2, planRefused},
		{"answers of others", 2, func(p *plan, r *rand.Rand, at time.Duration) {
			planSinkFault(p, r, at, customeriotest.Fault{Action: customeriotest.Status, Status: 200, Body: "html"})
		}},
		{"redirects", 2, func(p *plan, r *rand.Rand, at time.Duration) {
			planSinkFault(p, r, at, customeriotest.Fault{Action: customeriotest.Redirect})
		}},
		{"outage", 2, planOutage},
		{"credentials", 2, planCredentials},
		{"cut from kafka", 3, func(p *plan, r *rand.Rand, at time.Duration) { planCut(p, r, at, toKafka) }},
		{"cut from sink", 3, func(p *plan, r *rand.Rand, at time.Duration) { planCut(p, r, at, toSink) }},
		{"connections dropped", 6, planDrop},
		{"restart", 4, planRestart},
		{"join under load", 3, planJoin},
		{"kill", 5, planKill},
		{"kill at a point", 6, planKillAt},
		{"kill in a stop", 3, planKillInStop},
		{"coordinator moves", 5, planMove},
		{"leaders move", 5, planShuffle},
		{"broker away", 3, planAway},
		{"commit errors", 5, func(p *plan, r *rand.Rand, at time.Duration) {
			planCode(p, r, at, kmsg.OffsetCommit, group, "", commitCodes())
		}},
		{"letter errors", 5, planLetters},
		{"fetch errors", 5, func(p *plan, r *rand.Rand, at time.Duration) { planCode(p, r, at, kmsg.Fetch, "", topic, fetchCodes()) }},
		{"heartbeat errors", 3, func(p *plan, r *rand.Rand, at time.Duration) {
			key, codes := p.membership(r)
			planCode(p, r, at, key, group, "", codes)
		}},
		{"errors of committed offsets", 3, func(p *plan, r *rand.Rand, at time.Duration) {
			planCode(p, r, at, kmsg.OffsetFetch, group, "", coordinatorCodes())
		}},
		{"cut from kafka with work", 2, planUnaware},
		{"throttled", 2, func(p *plan, r *rand.Rand, at time.Duration) {
			planSinkFault(p, r, at, throttle([]string{"1", "2", "3"}[r.IntN(3)]))
		}},
		{"answers lost under load", 3, planUnanswered},
	}
}

// faults plans what goes wrong: the kinds that the seed draws, and those that are wanted in any case. These are
// alone in every second seed: the others may keep them from showing anything.
func (p *plan) faults(r *rand.Rand, always []string) {
	share := 0.15 + r.Float64()*0.6
	if len(always) > 0 && p.seed%2 == 0 {
		share = 0
	}
	for _, k := range kinds() {
		if r.Float64() > share && !slices.Contains(always, k.name) {
			continue
		}
		for range 1 + r.IntN(k.most) {
			k.plan(p, r, time.Duration(r.Int64N(int64(span))))
		}
	}
}

// some is a time between two.
func some(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)))
}

// planSinkFault has the destination do something odd to some requests for a while. Nothing of it may
// dead-letter an event.
func planSinkFault(p *plan, r *rand.Rand, at time.Duration, f customeriotest.Fault) {
	f.Seed = r.Uint64()
	f.Probability = 0.1 + r.Float64()*0.7
	if f.Action == customeriotest.ItemError || f.Action == customeriotest.ErrorsIn200 {
		// Nonsense about a request of one event is said of that event, and is a refusal.
		f.BodyContains = `},{"type":`
		f.ItemProbability = 0.3
	}
	lasts := some(r, time.Second, 20*time.Second)
	id := 0
	p.add(at, fmt.Sprintf("destination: %s %d %s %s for %s, %.0f %% of requests, processed %t", f.Action, f.Status, f.Body, f.IndexAs, lasts, 100*f.Probability, f.Process),
		func(w *world) {
			if f.Action == customeriotest.Redirect {
				f.Location = w.sink.elsewhere
			}
			id = w.sink.AddFault(f)
		})
	p.add(at+lasts, "destination: no more "+string(f.Action), func(w *world) { w.sink.RemoveFault(id) })
}

// planRefused has the destination refuse requests as a whole for what they hold, and sends it one that holds
// nothing else.
func planRefused(p *plan, r *rand.Rand, at time.Duration) {
	p.allBad = 400
	planSinkFault(p, r, at, customeriotest.Fault{Action: customeriotest.Status, Status: []int{400, 422}[r.IntN(2)], BodyContains: refusedName})
	p.add(some(r, 0, span), "produce an event that is refused", func(w *world) { w.produceRefused() })
}

func sinkFaults() []customeriotest.Fault {
	status := func(status int, body string, process bool) customeriotest.Fault {
		return customeriotest.Fault{Action: customeriotest.Status, Status: status, Body: body, Process: process}
	}
	return []customeriotest.Fault{
		status(500, "json", false), status(500, "html", true), status(502, "html", false), status(503, "empty", false),
		status(504, "truncated", true), status(408, "json", false), status(418, "json", false),
		status(200, "truncated", true), status(404, "html", false), status(401, "json", false),
		throttle(""), throttle("0"), throttle("1"), throttle("3"), throttle("soon"),
		{Action: customeriotest.Throttle, RetryIn: 3 * time.Second},
		{Action: customeriotest.ResetBeforeRead},
		{Action: customeriotest.ResetMidBody},
		{Action: customeriotest.ResetAfterProcess},
		{Action: customeriotest.Hang},
		{Action: customeriotest.Hang, Process: true},
		// No fault lets a request wait before it is applied: if its connection broke meanwhile, it would come
		// after the same request sent again, and after newer ones. Nobody can promise anything about that.
		{Action: customeriotest.SlowAnswer, BytesPerSecond: 30},
		{Action: customeriotest.SlowAnswer, BytesPerSecond: 2},
		{Action: customeriotest.ShortBody},
		{Action: customeriotest.WrongContentType},
		{Action: customeriotest.ConnectionClose},
		{Action: customeriotest.ItemError, IndexAs: "text"},
		{Action: customeriotest.ItemError, IndexAs: "range"},
		{Action: customeriotest.ErrorsIn200, IndexAs: "range"},
	}
}

func throttle(after string) customeriotest.Fault {
	return customeriotest.Fault{Action: customeriotest.Throttle, RetryAfter: after}
}

// planUnanswered has the destination take requests and not say so, while events of their users keep coming.
func planUnanswered(p *plan, r *rand.Rand, at time.Duration) {
	const every, bursts = 100 * time.Millisecond, 30
	f := customeriotest.Fault{Action: customeriotest.ResetAfterProcess, Seed: r.Uint64(), Probability: 0.2} // or the gate would shut
	n, id := 3+r.IntN(5), 0
	p.add(at, "destination: takes a fifth of requests and breaks their connections", func(w *world) { id = w.sink.AddFault(f) })
	for i := range time.Duration(bursts) {
		p.add(at+i*every, fmt.Sprintf("produce %d records", n), func(w *world) { w.produce(n) })
	}
	p.add(at+bursts*every, "destination: breaks no more connections", func(w *world) { w.sink.RemoveFault(id) })
	// Half a minute before a hand-over, as at the end, history cannot tell what was taken apart for it.
	p.add(at+bursts*every+35*time.Second, "produce one record", func(w *world) { w.produce(1) })
}

func planOutage(p *plan, r *rand.Rand, at time.Duration) {
	status := []int{503, 500, 429}[r.IntN(3)]
	lasts := some(r, time.Second, 60*time.Second)
	p.add(at, fmt.Sprintf("destination: answers %d to everything for %s", status, lasts), func(w *world) { w.sink.Outage(status) })
	p.add(at+lasts, "destination: back", func(w *world) { w.sink.Outage(0) })
}

func planCredentials(p *plan, r *rand.Rand, at time.Duration) {
	lasts := some(r, time.Second, 20*time.Second)
	p.add(at, fmt.Sprintf("destination: the key is revoked for %s", lasts), func(w *world) { w.sink.SetCredentials(siteID, "another") })
	p.add(at+lasts, "destination: the key is accepted again", func(w *world) { w.sink.SetCredentials(siteID, apiKey) })
}

func planCut(p *plan, r *rand.Rand, at time.Duration, s side) {
	i, quiet := r.IntN(p.processes), r.IntN(2) == 0
	ways := [][]way{{outward, inward}, {outward, inward}, {outward}, {inward}}[r.IntN(4)]
	lasts := some(r, 500*time.Millisecond, 25*time.Second)
	var c *card // of the life at that time, which may be stopping when it is healed
	p.add(at, fmt.Sprintf("cut %c from %s, ways %v, quiet %t, for %s", 'a'+i, s, ways, quiet, lasts), func(w *world) {
		if l := w.alive(i); l != nil {
			c = l.card
			c.cut(s, quiet, ways...)
		}
	})
	p.add(at+lasts, fmt.Sprintf("heal %c from %s", 'a'+i, s), func(*world) {
		if c != nil {
			c.heal(s)
		}
	})
}

// planUnaware cuts a member from Kafka while it has events that the destination does not take, until others have
// them as well and the destination takes them again.
func planUnaware(p *plan, r *rand.Rand, at time.Duration) {
	i, quiet, n := r.IntN(p.processes), r.IntN(2) == 0, 30+r.IntN(30)
	cut := at + some(r, 500*time.Millisecond, 2*time.Second)
	back := cut + session + some(r, 4*time.Second, 8*time.Second)
	var c *card
	p.add(at, fmt.Sprintf("destination: answers 503 to everything; produce %d records", n), func(w *world) {
		w.sink.Outage(503)
		w.produce(n)
	})
	p.add(cut, fmt.Sprintf("cut %c from kafka, quiet %t", 'a'+i, quiet), func(w *world) {
		if l := w.alive(i); l != nil {
			c = l.card
			c.cut(toKafka, quiet, outward, inward)
		}
	})
	p.add(back, "destination: back", func(w *world) { w.sink.Outage(0) })
	p.add(back+some(r, time.Second, 5*time.Second), fmt.Sprintf("heal %c from kafka", 'a'+i), func(*world) {
		if c != nil {
			c.heal(toKafka)
		}
	})
}

func planDrop(p *plan, r *rand.Rand, at time.Duration) {
	i, s := r.IntN(p.processes), side(r.IntN(2))
	p.add(at, fmt.Sprintf("drop the connections of %c to %s", 'a'+i, s), func(w *world) {
		if l := w.alive(i); l != nil {
			l.card.drop(s)
		}
	})
}

func planRestart(p *plan, r *rand.Rand, at time.Duration) {
	i, pause := r.IntN(p.processes), some(r, 0, 5*time.Second)
	p.add(at, fmt.Sprintf("restart %c, %s apart", 'a'+i, pause), func(w *world) {
		l := w.take(i)
		if l == nil {
			return
		}
		w.tasks.Go(func() {
			l.stop()
			time.Sleep(pause)
			w.begin(i)
		})
	})
}

// planJoin has a member come back while the others are busy, so that they hand over what is under way.
func planJoin(p *plan, r *rand.Rand, at time.Duration) {
	i, away, busy, n := r.IntN(p.processes), some(r, time.Second, 5*time.Second), some(r, 0, 700*time.Millisecond), 20+r.IntN(30)
	p.add(at, fmt.Sprintf("stop %c", 'a'+i), func(w *world) {
		if l := w.take(i); l != nil {
			w.tasks.Go(l.stop)
		}
	})
	p.add(at+away, fmt.Sprintf("produce %d records", n), func(w *world) { w.produce(n) })
	p.add(at+away+busy, fmt.Sprintf("begin %c", 'a'+i), func(w *world) { w.begin(i) })
}

func planKill(p *plan, r *rand.Rand, at time.Duration) {
	i, pause := r.IntN(p.processes), some(r, 100*time.Millisecond, 8*time.Second)
	p.add(at, fmt.Sprintf("kill %c, back in %s", 'a'+i, pause), func(w *world) {
		l := w.take(i)
		if l == nil {
			return
		}
		l.kill()
		w.dying.Go(func() { <-l.ended })
		w.tasks.Go(func() {
			time.Sleep(pause)
			w.begin(i)
		})
	})
}

func planMove(p *plan, _ *rand.Rand, at time.Duration) {
	p.add(at, "the coordinator moves", func(w *world) { w.broker.RehashCoordinators() })
}

func planShuffle(p *plan, _ *rand.Rand, at time.Duration) {
	p.add(at, "all leaders move", func(w *world) { w.broker.ShufflePartitionLeaders() })
}

// node is a broker that was taken away.
type node struct {
	id   int32
	port int
}

// planAway takes a broker away, with all its connections, and brings it back. The partitions that it led
// and the groups that it coordinated move to the others; one is away at a time.
func planAway(p *plan, r *rand.Rand, at time.Duration) {
	id, lasts := int32(r.IntN(brokers)), some(r, time.Second, 15*time.Second)
	p.add(at, fmt.Sprintf("broker %d is gone for %s", id, lasts), func(w *world) {
		_, port, _ := net.SplitHostPort(w.brokers[id])
		if w.down != nil || w.broker.RemoveNode(id) != nil {
			return
		}
		w.down = &node{id: id}
		w.down.port, _ = strconv.Atoi(port)
		w.happen.saw("broker away")
	})
	p.add(at+lasts, fmt.Sprintf("broker %d is back", id), func(w *world) {
		if w.down != nil && w.down.id == id {
			w.bringBack()
		}
	})
}

func (w *world) bringBack() {
	if w.down == nil {
		return
	}
	if _, _, err := w.broker.AddNode(w.down.id, w.down.port); err != nil {
		w.t.Errorf("broker %d does not come back: %v", w.down.id, err)
	}
	w.down = nil
}
