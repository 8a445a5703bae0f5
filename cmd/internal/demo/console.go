package demo

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pintle-io/pintle/cmd/internal/admin"
	"github.com/pintle-io/pintle/cmd/internal/telemetry"
)

// console is the admin server of the demo, the same as that of `pintle run`.
type console struct {
	server   *admin.Server
	shutdown func(context.Context) error
	address  string
}

// newConsole listens where the options say; nil when they say nowhere.
func newConsole(ctx context.Context, o *Options, p *pipeline, log *slog.Logger) (*console, error) {
	if o.Admin == "" {
		return nil, nil //nolint:nilnil // said above
	}
	metrics, shutdown, err := telemetry.New(p.Stats, p.letters.Stats)
	if err != nil {
		return nil, err
	}
	server := admin.New(admin.Options{
		Listen: o.Admin, Stats: p.Stats, Letters: p.letters.Stats, Gaps: p.Gaps, Stuck: p.Stuck, Release: p.ReleaseBrake, Metrics: metrics, Version: o.Version, Log: log,
	})
	address, err := server.Listen(ctx)
	if err != nil {
		return nil, fmt.Errorf("--admin %s: %w", o.Admin, err)
	}
	return &console{server: server, shutdown: shutdown, address: address.String()}, nil
}

// serve answers until ctx ends.
func (c *console) serve(ctx context.Context) error {
	err := c.server.Serve(ctx)
	_ = c.shutdown(context.WithoutCancel(ctx)) // nothing is exported but on request
	return err
}
