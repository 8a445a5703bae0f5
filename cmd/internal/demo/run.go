package demo

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// Snapshot is what the demo shows at one moment.
type Snapshot struct {
	Elapsed    time.Duration
	Produced   int64
	Stats      processor.Stats
	Letters    deadletter.Stats
	CustomerIO customeriotest.Stats
	// Faults say where each planned fault stands.
	Faults []string
	// Admin is the address of the admin server, empty without one.
	Admin string
}

// Display is shown a snapshot every so often, and what the tour says, all by one goroutine. Say may be
// nil when there is no tour.
type Display struct {
	Every time.Duration
	Show  func(*Snapshot)
	Say   func(Caption)
}

// lookEvery is how often the demo looks whether all has ended.
const lookEvery = 10 * time.Millisecond

// stage is everything of a running demo.
type stage struct {
	options  Options
	world    *world
	pipeline *pipeline
	producer *producer
	faults   []fault
	admin    *console // nil without one
	begun    time.Time
	captions chan Caption
	tour     *Tour // nil before it has ended
}

// errEnough ends a demo whose events have all ended.
var errEnough = errors.New("all events have ended")

// Run runs the demo until its events have ended or ctx ends, and returns the last snapshot and what
// came of it. What the pipeline logs goes to log. That ctx ends is no error.
func Run(ctx context.Context, o Options, d Display, log *slog.Logger) (Snapshot, Result, error) {
	if err := o.Check(); err != nil {
		return Snapshot{}, Result{}, err
	}
	s, err := newStage(ctx, o, log)
	if err != nil {
		return Snapshot{}, Result{}, err
	}
	err = s.play(ctx, d)
	last := s.snapshot()
	err = errors.Join(err, s.world.close())
	r := newResult(&last)
	r.Tour, r.interrupted, r.unseen = s.tour, ctx.Err() != nil, o.Tour() && s.tour == nil
	return last, r, err
}

func newStage(ctx context.Context, o Options, log *slog.Logger) (*stage, error) {
	w, err := newWorld(ctx)
	if err != nil {
		return nil, err
	}
	s := &stage{options: o, world: w, faults: w.faults(&o), captions: make(chan Caption)}
	if s.pipeline, err = newPipeline(w, o.Version, log); err != nil {
		return nil, errors.Join(err, w.close())
	}
	if s.producer, err = newProducer(w, &o, s.pipeline.Stats); err != nil {
		s.pipeline.close(ctx)
		return nil, errors.Join(err, w.close())
	}
	if s.admin, err = newConsole(ctx, &o, s.pipeline, log); err != nil {
		s.producer.client.Close()
		s.pipeline.close(ctx)
		return nil, errors.Join(err, w.close())
	}
	w.refuse(o.Reject, o.Seed)
	return s, nil
}

// play runs the parts of the demo and waits for them: first those that make events and trouble, then
// the pipeline, which finishes what it has.
func (s *stage) play(ctx context.Context, d Display) error {
	acting, endActs := context.WithCancelCause(ctx)
	piping, endPipe := context.WithCancel(context.WithoutCancel(ctx))
	defer endPipe()
	var acts, pipe sync.WaitGroup
	pipe.Go(func() { endActs(orEnough(s.pipeline.run(piping))) })
	if s.admin != nil {
		pipe.Go(func() {
			if err := s.admin.serve(piping); err != nil {
				endActs(err)
			}
		})
	}
	s.pipeline.awaitAssignment(acting)
	s.begun = time.Now()
	enough := make(chan struct{})
	acts.Go(func() {
		if err := s.lead(acting, enough); err != nil {
			endActs(err)
		}
	})
	acts.Go(func() {
		if err := s.producer.produce(acting, s.options.Events, s.options.pace(), enough); err != nil {
			endActs(err)
		}
	})
	acts.Go(func() { s.producer.trims(acting) })
	for _, f := range s.faults {
		acts.Go(func() { f.play(acting) })
	}
	s.watch(acting, endActs, d)
	acts.Wait()
	s.producer.client.Close()
	endPipe()
	pipe.Wait()
	cause := context.Cause(acting)
	if errors.Is(cause, errEnough) || errors.Is(cause, context.Canceled) {
		return nil
	}
	return cause
}

// lead shows the tour if there is one, and closes enough when no more events are wanted.
func (s *stage) lead(ctx context.Context, enough chan<- struct{}) error {
	if length := s.options.length(); length > 0 && sleep(ctx, length) {
		close(enough)
	}
	if !s.options.Tour() {
		return nil
	}
	g := guide{stage: s, scene: cmp.Or(s.options.Scene, sceneLength)}
	if err := g.lead(ctx); err != nil {
		return err
	}
	s.tour = &g.found
	close(enough)
	return nil
}

// orEnough is err, or that there is no more to do.
func orEnough(err error) error {
	if err == nil {
		return errEnough
	}
	return err
}

// watch shows what happens, until ctx ends or all events have.
func (s *stage) watch(ctx context.Context, end context.CancelCauseFunc, d Display) {
	look, show := time.NewTicker(lookEvery), time.NewTicker(d.Every)
	defer look.Stop()
	defer show.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			if s.complete() {
				end(errEnough)
				return
			}
		case <-show.C:
			now := s.snapshot()
			d.Show(&now)
		case c := <-s.captions:
			d.Say(c)
		}
	}
}

// complete reports whether all events have ended, and no more come.
func (s *stage) complete() bool {
	total := int64(s.options.Events)
	if total == 0 {
		if !s.producer.ended.Load() {
			return false
		}
		total = s.producer.produced.Load()
	}
	l := s.pipeline.Stats().Ledger
	return l.Consumed >= total && l.InFlight == 0
}

func (s *stage) snapshot() Snapshot {
	now := Snapshot{
		Elapsed: time.Since(s.begun), Produced: s.producer.produced.Load(),
		Stats: s.pipeline.Stats(), Letters: s.pipeline.letters.Stats(), CustomerIO: s.world.customerio.Stats(),
	}
	if s.admin != nil {
		now.Admin = s.admin.address
	}
	for _, f := range s.faults {
		now.Faults = append(now.Faults, f.state(now.Elapsed))
	}
	return now
}
