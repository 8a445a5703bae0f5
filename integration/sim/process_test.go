//go:build synctests

package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// A stop may take drain for what is in the air, leaving for the last commit and for telling a group that
// cannot be reached, and closing for the letters.
const (
	// startTimeout is longer than any fault lasts: nobody here starts a process again that gave up.
	startTimeout = 3 * time.Minute

	drain   = 8 * time.Second
	leaving = 15 * time.Second
	closing = 2 * time.Second
)

// process is one life of a process: the parts that the program is composed of, behind a network card.
type process struct {
	*processor.Processor
	make    func() (*processor.Processor, error)
	w       *world
	name    string
	card    *card
	log     *lines
	letters *deadletter.Writer
	client  *kgo.Client // writes letters
	web     *numbered
	http    *http.Transport
	cancel  context.CancelFunc
	ended   chan struct{}
	killed  atomic.Bool
}

// start begins a life.
func (w *world) start(name string) (*process, error) {
	p := &process{w: w, name: name, card: newCard(w.net, name, w.plan.lag), log: newLines(w, name), ended: make(chan struct{})}
	log := slog.New(p.log)
	p.http = &http.Transport{DialContext: p.card.dialer(toSink), MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second, DisableCompression: true}
	p.web = &numbered{inner: p.http, last: &w.requests, record: w.record, happen: w.happen, brought: w.sink.brought, reached: func(at point) { w.reached(name, at) }, shut: p.shut}
	sender, err := customerio.New(customerio.Config{
		Endpoint: w.sink.url, SiteID: customerio.NewSecret(siteID), APIKey: customerio.NewSecret(apiKey),
		UserAgent: name, Transport: p.web,
	})
	if err != nil {
		return nil, err
	}
	mapper, err := transform.New(transform.Options{})
	if err != nil {
		return nil, err
	}
	kafka := []kgo.Opt{kgo.ClientID(name), kgo.Dialer(p.card.dialer(toKafka)), kgo.WithHooks(&watch{w, name})}
	if w.plan.fat { // fetches are small, so that the budget is what bounds the bytes held
		kafka = append(kafka, kgo.FetchMaxBytes(fatFetch), kgo.FetchMaxPartitionBytes(fatFetch/partitions))
	}
	writing := append(deadletter.ClientOpts(), kgo.SeedBrokers(w.brokers...), kgo.WithHooks(&acknowledged{w, name}))
	if p.client, err = kgo.NewClient(append(writing, kafka...)...); err != nil {
		return nil, err
	}
	p.letters = deadletter.NewWriter(p.client, letterTopic, log)
	p.make = func() (*processor.Processor, error) {
		return processor.New(processor.Config{
			Brokers: w.brokers, Topic: topic, Group: group, Opts: kafka, Start: "earliest", StartTimeout: startTimeout, ServerSideBalancer: !w.plan.classic,
			Session: w.plan.session, Rebalance: rebalance, Budget: w.plan.budget, Window: w.plan.window, DrainTimeout: drain,
			Mapper: mapper, Sink: sink.Options{Rate: -1, MaxOps: w.plan.maxOps, MaxInFlight: w.plan.inFlight}, Mapping: "guide", Version: "sim",
		}, sender, p.letters, log)
	}
	if p.Processor, err = p.make(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	w.record.Add(history.Entry{Process: &history.Process{By: name, What: history.Started}})
	go p.run(ctx)
	if w.plan.fat {
		go p.weigh()
	}
	return p, nil
}

// fatFetch is how much one fetch brings where records are large; fatSlack is what may be held beyond the
// budget: what every broker has answered with already, and what is made of it.
const (
	fatFetch = 16 << 10
	fatSlack = 4 * brokers * fatFetch
)

// weigh writes down once in a while how much the life holds.
func (p *process) weigh() {
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-p.ended:
			return
		case <-ticker.C:
		}
		b := p.books()
		b.Bound = p.w.plan.budget + fatSlack
		if b.Held > p.w.plan.budget/4*3 { // the rest is for what is fetched and not taken yet
			p.w.happen.saw("polling held up")
		}
		p.w.record.Add(history.Entry{Books: &b})
	}
}

// shut tells whether nothing but probes is sent.
func (p *process) shut() bool { return p.Stats().Sink.Gate.Shut }

// books are the process's own account.
func (p *process) books() history.Books {
	s := p.Stats()
	return history.Books{
		By: p.name, Consumed: s.Ledger.Consumed, Delivered: s.Ledger.Delivered, Filtered: s.Ledger.Filtered, DeadLettered: s.Ledger.DeadLettered,
		HandedBack: s.Ledger.HandedBack, InFlight: s.Ledger.InFlight, Late: s.LateResults, Held: s.HeldBytes,
	}
}

// run is the life, as the program would live it.
func (p *process) run(ctx context.Context) {
	defer close(p.ended)
	err := p.Run(ctx)
	for errors.Is(err, processor.ErrUnreachable) && ctx.Err() == nil { // nothing was begun: whoever runs it starts it again
		time.Sleep(time.Second)
		if p.Processor, err = p.make(); err == nil {
			err = p.Run(ctx)
		}
	}
	p.tell()
	closed, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	p.letters.Close(closed)
	p.client.Close()
	p.http.CloseIdleConnections()
	if p.killed.Load() {
		return
	}
	b := p.books()
	b.Final = true
	p.w.record.Add(history.Entry{Books: &b})
	end := &history.Process{By: p.name, What: history.Ended}
	if err != nil {
		end.Error = err.Error()
	}
	p.w.record.Add(history.Entry{Process: end})
}

// tell says what the life's own account shows to have happened.
func (p *process) tell() {
	s := p.Stats()
	if s.Sink.Splits > 0 {
		p.w.happen.saw("request split")
	}
	if s.LateResults > 0 {
		p.w.happen.saw("late result ignored")
	}
}

// stop ends the life in order and waits for it.
func (p *process) stop() {
	if p.web.air.Load() > 0 {
		p.w.happen.saw("stop with requests in the air")
	}
	p.w.record.Add(history.Entry{Process: &history.Process{By: p.name, What: history.Stopping, Limit: drain + leaving + closing}})
	p.cancel()
	<-p.ended
}

// kill cuts the life off from the world, and then lets its goroutines end. When they have is of no
// consequence to anybody.
func (p *process) kill() {
	if p.web.air.Load() > 0 {
		p.w.happen.saw("kill with requests in the air")
	}
	p.killed.Store(true)
	p.card.kill()
	p.w.record.Add(history.Entry{Process: &history.Process{By: p.name, What: history.Killed}})
	p.Hurry()
	p.cancel()
}

// acknowledged writes down which letters a process knows to be safe.
type acknowledged struct {
	w  *world
	by string
}

// OnProduceRecordUnbuffered is told of each record's end.
func (a *acknowledged) OnProduceRecordUnbuffered(r *kgo.Record, err error) {
	if err != nil {
		a.w.happen.saw("letter refused")
		return
	}
	l, err := deadletter.Parse(r)
	if err != nil {
		l.Partition = -1 // it speaks of nothing
	}
	a.w.record.Add(history.Entry{Written: &history.Written{By: a.by, Place: history.Place{Partition: l.Partition, Offset: l.Offset}, Op: l.Op}})
}

func life(name string, n int) string { return fmt.Sprintf("%s.%d", name, n) }
