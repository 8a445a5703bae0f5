package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/cmd/internal/admin"
	"github.com/pintle-io/pintle/cmd/internal/config"
	"github.com/pintle-io/pintle/cmd/internal/telemetry"
	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/sink/customerio"
)

const (
	// overhead is what the collector may let the process take beside the budget: request bodies, fetches on
	// their way, the runtime, and what is not collected yet. What the system counts is some 20 MiB more,
	// the program's own text above all: 128 MiB beside the budget hold both.
	overhead = 92 << 20
	// lettersClose bounds the end of what is left once the pipeline has stopped. The pipeline has waited for
	// letters: one that the broker takes after its partition is given back is written again all the same.
	lettersClose = 100 * time.Millisecond
	// lettersPatience bounds the look at their topic at the start.
	lettersPatience = 10 * time.Second
	// lettersPause is how long it waits before it looks again at a topic that some brokers do not know yet.
	lettersPause = 500 * time.Millisecond
	// progressInterval is how often the log tells how far things are.
	progressInterval = 30 * time.Second
)

// App is a pipeline with its admin server. Make it with [New], run it once.
type App struct {
	*processor.Processor

	cfg     *config.Config
	log     *slog.Logger
	sender  *customerio.Client
	client  *kgo.Client // writes letters
	letters *deadletter.Writer
	admin   *admin.Server
	finish  func(context.Context) error // of the telemetry
}

// New puts an app together. It talks to nobody yet.
func New(cfg *config.Config, version string, log *slog.Logger) (*App, error) {
	a := &App{cfg: cfg, log: log}
	var err error
	if a.sender, err = customerio.New(cfg.Client("pintle/" + version)); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	mapper, err := transform.New(cfg.Transform())
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	opts, err := KafkaOptions(&cfg.Kafka, log)
	if err != nil {
		return nil, err
	}
	writing := append(deadletter.ClientOpts(), kgo.SeedBrokers(cfg.Kafka.Brokers...))
	if a.client, err = kgo.NewClient(append(writing, opts...)...); err != nil {
		return nil, fmt.Errorf("kafka options: %w", err)
	}
	a.letters = deadletter.NewWriter(a.client, cfg.DeadLetters.Topic, log)
	a.Processor, err = processor.New(processor.Config{
		Brokers: cfg.Kafka.Brokers, Topic: cfg.Kafka.Topic, Group: cfg.Kafka.Group, Opts: opts,
		Start: string(cfg.Kafka.Start), StartTimeout: cfg.Kafka.StartTimeout,
		ServerSideBalancer: cfg.Kafka.ServerSideBalancer, InstanceID: cfg.Kafka.InstanceID, Session: cfg.Kafka.SessionTimeout,
		Budget: int64(cfg.Delivery.Memory), DrainTimeout: cfg.Delivery.DrainTimeout, Limits: cfg.Schema(),
		NoBrake: !cfg.DeadLetters.Brake, Mapper: mapper, Sink: cfg.Sink(), Mapping: string(cfg.Mapping.Profile), Version: version,
	}, a.sender, a.letters, log)
	if err != nil {
		a.client.Close()
		return nil, fmt.Errorf("configuration: %w", err)
	}
	metrics, finish, err := telemetry.New(a.Stats, a.letters.Stats)
	if err != nil {
		a.client.Close()
		return nil, fmt.Errorf("metrics: %w", err)
	}
	a.finish = finish
	a.admin = admin.New(admin.Options{
		Listen: cfg.Admin.Listen, Stats: a.Stats, Letters: a.letters.Stats, Gaps: a.Gaps, Stuck: a.Stuck, Release: a.ReleaseBrake, Metrics: metrics,
		Version: version, Profiling: cfg.Admin.Pprof, Log: log,
	})
	return a, nil
}

// Run delivers until ctx ends and stops in order. The errors that refuse a start are those of
// [processor.Processor.Run].
func (a *App) Run(ctx context.Context) error {
	limitMemory(int64(a.cfg.Delivery.Memory))
	at, err := a.admin.Listen(ctx)
	if err != nil {
		a.close(ctx)
		return err //nolint:wrapcheck // says what to do
	}
	a.log.Info("starting", slog.String("topic", a.cfg.Kafka.Topic), slog.String("group", a.cfg.Kafka.Group),
		slog.String("dead_letters", a.cfg.DeadLetters.Topic), slog.String("admin", at.String()))
	a.warnOpen(at)
	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	var tasks sync.WaitGroup
	tasks.Go(func() {
		if err := a.admin.Serve(serving); err != nil {
			a.log.Error("the admin server ended", slog.String("error", err.Error()))
		}
	})
	tasks.Go(func() { a.tellProgress(serving) })
	defer tasks.Wait()
	defer stopServing()
	defer a.close(ctx)
	tasks.Go(func() { a.checkLetters(ctx) })
	defer context.AfterFunc(ctx, func() {
		a.log.Info("stopping: what is in the air is waited for; a second signal cuts the wait to a second",
			slog.Duration("at_most", a.cfg.Delivery.DrainTimeout))
	})()
	return a.Processor.Run(ctx) //nolint:wrapcheck // says what to do
}

// warnOpen tells when others than this machine may reach the admin server. It is no fault: containers
// need it.
func (a *App) warnOpen(at net.Addr) {
	tcp, ok := at.(*net.TCPAddr)
	if ok && tcp.IP.IsLoopback() {
		return
	}
	a.log.Warn("the admin server can be reached from other machines and has no password",
		slog.String("admin", at.String()),
		slog.String("next", "see that only those you trust can reach it, or set admin.listen to a loopback address such as 127.0.0.1:8080"))
}

// checkLetters tells early when letters could not be written. It does not refuse the start: what needs
// no letter is delivered, and what needs one waits.
func (a *App) checkLetters(ctx context.Context) {
	until := time.Now().Add(a.cfg.Kafka.StartTimeout)
	for {
		checking, cancel := context.WithTimeout(ctx, lettersPatience)
		err := a.letters.Check(checking)
		cancel()
		answer, answered := errors.AsType[*kerr.Error](err)
		if err == nil || ctx.Err() != nil {
			return
		}
		if answered && kerr.IsRetriable(answer) && time.Until(until) > lettersPause { // made a moment ago, for one
			select {
			case <-ctx.Done():
			case <-time.After(lettersPause):
			}
			continue
		}
		a.log.Warn("letters could not be written now: an event that needs one will hold up its partition", slog.String("next", err.Error()))
		return
	}
}

// close gives back what the app holds once the pipeline has stopped.
func (a *App) close(ctx context.Context) {
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), lettersClose)
	defer cancel()
	if left := a.letters.Close(closing); left > 0 {
		a.log.Warn("letters were not acknowledged: their records are not committed and are read again", slog.Int64("letters", left))
	}
	a.client.Close()
	a.sender.Close()
	if err := a.finish(closing); err != nil {
		a.log.Warn("metrics did not end in order", slog.String("error", err.Error()))
	}
}

// gcPercent lets the heap grow to five times what is live before it is collected, within the memory limit. A steady
// stream holds next to nothing, and a heap of some megabytes is collected several times a second otherwise: that
// was a fifth of its processor time.
const gcPercent = 400

// limitMemory tells the collector where the budget ends and how much it may leave below that, unless the
// environment has.
func limitMemory(budget int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(budget + overhead)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

func (a *App) tellProgress(ctx context.Context) {
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		s := a.Stats()
		var lag int64
		var age time.Duration
		for i := range s.Partitions {
			lag += s.Partitions[i].Lag
			age = max(age, s.Partitions[i].Age)
		}
		a.log.Info("progress", slog.Int64("delivered", s.Ledger.Delivered), slog.Int64("filtered", s.Ledger.Filtered),
			slog.Int64("dead_lettered", s.Ledger.DeadLettered), slog.Int64("in_flight", s.Ledger.InFlight),
			slog.Int64("lag", lag), slog.Duration("age", age.Round(time.Millisecond)), slog.Int64("requests", s.Sink.Requests),
			slog.Bool("holding", s.Sink.Gate.Shut))
	}
}
