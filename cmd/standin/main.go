// Standin is the stand-in Customer.io as a program, for docker compose and for tests that need a
// process of its own. It keeps what it takes in memory and forgets it when it ends.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "standin:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, or asks a running one for its health.
func run(ctx context.Context, args []string, log io.Writer) error {
	if len(args) > 0 && args[0] == "health" {
		return health(ctx, args[1:], log)
	}
	var set customeriotest.Settings
	flags := flag.NewFlagSet("standin", flag.ContinueOnError)
	flags.SetOutput(log)
	listen := flags.String("listen", "127.0.0.1:9100", "address of the API")
	control := flags.String("control", "127.0.0.1:9101", "address of the control plane, /control/...")
	flags.StringVar(&set.SiteID, "site-id", "", "site id to accept; empty: any")
	flags.StringVar(&set.APIKey, "api-key", "", "API key to accept")
	flags.StringVar(&set.Region, "region", "us", "region of the account, us or eu")
	flags.DurationVar(&set.Latency, "latency", 0, "wait before each answer")
	flags.BoolVar(&set.Lean, "lean", false, "validate and count, and keep no profiles and no ledger")
	flags.BoolVar(&set.KeepEvents, "keep-events", false, "keep the attributes of events")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not a command: use flags, or the command health", flags.Arg(0))
	}
	if set.Region != "us" && set.Region != "eu" {
		return fmt.Errorf("--region %q is not us or eu", set.Region)
	}
	s := customeriotest.New(set)
	return serve(ctx, slog.New(slog.NewTextHandler(log, nil)), []endpoint{
		{"api", *listen, s.Handler(), s.ConnState}, {"control", *control, s.Control(), nil},
	})
}

// endpoint is one listener.
type endpoint struct {
	name, addr string
	handler    http.Handler
	connState  func(net.Conn, http.ConnState)
}

// serve listens on all endpoints until ctx ends, and then lets requests in flight end.
func serve(ctx context.Context, log *slog.Logger, endpoints []endpoint) error {
	servers := make([]*http.Server, 0, len(endpoints))
	failed := make(chan error, len(endpoints))
	stop := func() (err error) {
		// ctx is over when this is needed.
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		for _, s := range servers {
			if s.Shutdown(limit) != nil {
				err = errors.Join(err, s.Close())
			}
		}
		for range servers {
			if end := <-failed; !errors.Is(end, http.ErrServerClosed) {
				err = errors.Join(err, end)
			}
		}
		return err
	}
	for _, e := range endpoints {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", e.addr)
		if err != nil {
			return errors.Join(fmt.Errorf("listen for the %s on %s: %w", e.name, e.addr, err), stop())
		}
		s := &http.Server{Handler: e.handler, ConnState: e.connState, ReadHeaderTimeout: 10 * time.Second}
		servers = append(servers, s)
		go func() { failed <- s.Serve(l) }()
		log.LogAttrs(ctx, slog.LevelInfo, "listening", slog.String("plane", e.name), slog.String("address", l.Addr().String()))
	}
	select {
	case <-ctx.Done():
	case err := <-failed:
		failed <- err
	}
	err := stop()
	log.LogAttrs(context.WithoutCancel(ctx), slog.LevelInfo, "stopped")
	return err
}

// health asks the control plane of a running stand-in.
func health(ctx context.Context, args []string, log io.Writer) error {
	flags := flag.NewFlagSet("standin health", flag.ContinueOnError)
	flags.SetOutput(log)
	control := flags.String("control", "http://127.0.0.1:9101", "URL of the control plane")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, *control+"/control/health", http.NoBody)
	if err != nil {
		return fmt.Errorf("--control %q is not a URL: %w", *control, err)
	}
	client := http.Client{}
	answer, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the control plane does not answer: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the control plane answers %s", answer.Status)
	}
	return nil
}
