package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/kafka"
	"github.com/pintle-io/pintle/integration/program"
	"github.com/pintle-io/pintle/integration/witness"
)

const (
	partitions       = 12
	letterPartitions = 3
	users            = 1000
	mib              = 1 << 20
)

// catchUp is how long the members may take to deliver what is left at the end, leave how long to stop.
const (
	catchUp = 3 * time.Minute
	leave   = 40 * time.Second
)

// world is the brokers, the destination, the load, and the members between them.
type world struct {
	o        options
	settings program.Settings
	rec      *history.Recorder
	front    *witness.Front
	client   *kgo.Client
	admin    *kadm.Client
	load     *witness.Load
	members  []*program.Member
	begun    time.Time
	looks    []look
	closers  []func()
}

// newWorld starts everything but the load. The caller closes the world.
func newWorld(ctx context.Context, o options, dir string) (_ *world, err error) {
	w := &world{o: o, rec: history.NewRecorder(), begun: time.Now()}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	w.front = witness.NewFront(w.rec, func(witness.Moment, string) bool { return true })
	w.closers = append(w.closers, w.front.Close)
	w.settings = program.Settings{Topic: "events", Letters: "letters", Group: "pintle", Rate: -1, NextGen: o.nextGen, Memory: o.memory * mib}
	if w.settings.Brokers, err = w.brokers(ctx); err != nil {
		return nil, err
	}
	if err = w.produce(ctx); err != nil {
		return nil, err
	}
	binary, err := program.Build(ctx, dir, "./cmd/pintle")
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was about
	}
	for i := range o.members {
		name := fmt.Sprintf("member-%d", i+1)
		s := w.settings
		s.Endpoint = w.front.URL + "/" + name
		m, err := program.Run(ctx, binary, dir, name, s)
		if err != nil {
			return nil, err //nolint:wrapcheck // says what it was about
		}
		w.members = append(w.members, m)
		w.closers = append(w.closers, m.Kill)
	}
	return w, nil
}

func (w *world) close() {
	for _, end := range slices.Backward(w.closers) {
		end()
	}
}

// brokers starts what the members read from.
func (w *world) brokers(ctx context.Context) ([]string, error) {
	if w.o.kafka {
		cluster, err := kafka.Start(ctx, kafka.Options{Brokers: 1, Log: log.Printf})
		if err != nil {
			return nil, err //nolint:wrapcheck // says what it was about
		}
		w.closers = append(w.closers, func() { _ = cluster.Stop() })
		return cluster.Addrs, nil
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		return nil, fmt.Errorf("start the in-process broker: %w", err)
	}
	w.closers = append(w.closers, cluster.Close)
	return cluster.ListenAddrs(), nil
}

// produce makes the topics and the load.
func (w *world) produce(ctx context.Context) (err error) {
	w.client, err = kgo.NewClient(kgo.SeedBrokers(w.settings.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return fmt.Errorf("make the producer: %w", err)
	}
	w.closers = append(w.closers, w.client.Close)
	w.admin = kadm.NewClient(w.client)
	for name, n := range map[string]int32{w.settings.Topic: partitions, w.settings.Letters: letterPartitions} {
		if _, err := w.admin.CreateTopic(ctx, n, 1, nil, name); err != nil {
			return fmt.Errorf("create the topic %s: %w", name, err)
		}
	}
	w.load, err = witness.NewLoad(w.client, w.settings.Topic, partitions, users, func(err error) { log.Print(err) })
	return err //nolint:wrapcheck // says what it was about
}

// all is the whole run.
func (w *world) all(ctx context.Context) error {
	w.begun = time.Now()
	stop := w.load.Start(ctx, w.o.rate)
	played := w.play(ctx, w.turns())
	w.front.Behave(witness.Normal)
	if err := errors.Join(played, stop(), w.settle(ctx)); err != nil {
		return err
	}
	for _, m := range w.members {
		if err := m.Stop(leave); err != nil {
			return fmt.Errorf("%s did not stop in order: %w\n%s", m.Name, err, m.Tail(20))
		}
	}
	return w.verdict(ctx)
}

// settle waits until the group has committed everything.
func (w *world) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, catchUp)
	defer cancel()
	for {
		lag, err := w.lag(ctx)
		if err == nil && lag == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d records are not committed %s after the end: %w", lag, catchUp, errors.Join(ctx.Err(), err))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// lag counts the records that the group has not committed.
func (w *world) lag(ctx context.Context) (int64, error) {
	lags, err := w.admin.Lag(ctx, w.settings.Group)
	if err != nil {
		return 0, fmt.Errorf("ask for the lag: %w", err)
	}
	group := lags[w.settings.Group]
	return group.Lag.Total(), group.Error()
}
