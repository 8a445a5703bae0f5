package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/pintle-io/pintle/cmd/internal/app"
	"github.com/pintle-io/pintle/cmd/internal/config"
)

func (p *program) runCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Deliver events from Kafka to Customer.io",
		Long: "Run delivers until it is told to end by SIGTERM or SIGINT. The first signal ends it in order:\n" +
			"requests in the air and letters finish, offsets are committed, the group is left. The second\n" +
			"cuts the wait to a second, the third ends the process at once.",
		Args: alone,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(path)
			if err != nil {
				return err //nolint:wrapcheck // says all there is to say
			}
			// A log that nobody reads any more ends nothing: writing to it fails, and that is all.
			signal.Ignore(syscall.SIGPIPE)
			log, flush := p.logger(cfg.Log)
			defer flush()
			a, err := app.New(cfg, p.version, log)
			if err != nil {
				return err //nolint:wrapcheck // says all there is to say
			}
			ctx, release := untilSignal(cmd.Context(), a.Hurry, log, flush)
			defer release()
			return a.Run(ctx) //nolint:wrapcheck // says all there is to say
		},
	}
	configFlag(cmd, &path)
	return cmd
}

// untilSignal returns a context that ends with the first SIGINT or SIGTERM. The second calls hurry,
// the third ends the process. release ends the watch.
func untilSignal(parent context.Context, hurry func(), log *slog.Logger, flush func()) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			case <-signals:
			}
			switch n {
			case 1:
				cancel()
			case 2:
				hurry()
				log.Warn("second signal: the wait is cut to a second; a third ends at once")
			default:
				log.Error("third signal: ended at once; what was in flight is sent again by the next owner, with the same ids")
				flush()
				os.Exit(exitFailed)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(stop)
		<-stopped
		cancel()
	}
}
