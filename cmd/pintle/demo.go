package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/pintle-io/pintle/cmd/internal/demo"
)

// newDemo returns the command demo.
func newDemo(version string) *cobra.Command {
	o := demo.Options{Version: version}
	output := "text"
	c := &cobra.Command{
		Use:   "demo",
		Short: "See it work: no account, no Kafka, no network",
		Long: `Runs everything in one process: Kafka's in-process broker, a strict stand-in for
Customer.io, a generator over events that RudderStack's own SDKs made (a few of them
broken on purpose), and between them the pipeline that "pintle run" runs.

By itself it is a tour of half a minute: steady delivery, an outage of Customer.io and
the recovery, an event that cannot be delivered, and the summary. With --events or a
fault it does that instead, and ends too; with --follow it goes on until Ctrl-C. It
leaves nothing behind.

It exits with 0 when every event is accounted for, the stand-in has each once and in
order, and nothing is left in flight; else, and when the tour is interrupted, with 1.`,
		Example: `  pintle demo                                 the tour
  pintle demo --follow                        watch it until Ctrl-C
  pintle demo --outage 5s@3s                  Customer.io is down for five seconds from the third on
  pintle demo --reject 0.01                   it refuses one event of a hundred
  pintle demo --revoke-key 5s@3s              it refuses the key for a while
  pintle demo --events 20000 --output json    for scripts`,
		Args: alone,
		RunE: func(c *cobra.Command, _ []string) error { return runDemo(c, o, output) },
	}
	f := c.Flags()
	f.IntVar(&o.Events, "events", 0, "end after so many events")
	f.BoolVarP(&o.Follow, "follow", "f", false, "go on until Ctrl-C")
	f.DurationVar(&o.Scene, "scene", 0, "how long each scene of the tour is to be seen")
	_ = f.MarkHidden("scene") // for tests
	f.StringVarP(&output, "output", "o", output, "what to write at the end: text or json")
	f.Float64Var(&o.Rate, "rate", 0, "events a second; 0: 2000, 1000 in the tour, with --events as fast as it goes")
	f.Var(&o.Outage, "outage", "Customer.io is down, such as 5s@3s: for 5 s from the 3rd second on")
	f.Var(&o.RevokeKey, "revoke-key", "Customer.io refuses the key, such as 5s@3s")
	f.Float64Var(&o.Reject, "reject", 0, "share of events that Customer.io refuses, such as 0.01")
	f.Uint64Var(&o.Seed, "seed", 1, "chooses the order of people and what is refused")
	f.StringVar(&o.Admin, "admin", "127.0.0.1:0", "where /readyz, /metrics and /api/v1/status are served; empty: nowhere")
	return c
}

func runDemo(c *cobra.Command, o demo.Options, output string) error {
	if output != "text" && output != "json" {
		return &usageError{fmt.Errorf("--output %s: write text or json", output)}
	}
	if err := o.Check(); err != nil {
		return &usageError{err}
	}
	ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	display, log, restore := demoDisplay(c.ErrOrStderr(), o.Tour())
	last, result, err := demo.Run(ctx, o, display, log)
	restore()
	if err != nil {
		return err
	}
	if output == "json" {
		err = json.NewEncoder(c.OutOrStdout()).Encode(result)
	} else {
		_, err = io.WriteString(colorprofile.NewWriter(c.OutOrStdout(), os.Environ()), demo.Summary(&last, &result))
	}
	if err != nil {
		return fmt.Errorf("the result cannot be written: %w", err)
	}
	return result.Check()
}

// demoDisplay chooses between a summary that is redrawn, where w is a terminal that can do that, and
// lines. Of the pipeline's log the tour has the errors alone: its captions say the rest. Restore gives the
// terminal back.
func demoDisplay(w io.Writer, tour bool) (d demo.Display, log *slog.Logger, restore func()) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(f.Fd()) || colorprofile.Detect(f, os.Environ()) <= colorprofile.NoTTY {
		options := &slog.HandlerOptions{}
		if tour {
			options.Level = slog.LevelError
		}
		lines, log := talk(w, func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, options) })
		end := func() { lines.Close(flushPatience) }
		if tour {
			return demo.TourLines(lines), log, end
		}
		return demo.Lines(lines), log, end
	}
	live := demo.NewLive(colorprofile.NewWriter(f, os.Environ()), func() int {
		width, _, err := term.GetSize(f.Fd())
		if err != nil {
			return 80
		}
		return width
	})
	return live.Display(), slog.New(slog.DiscardHandler), live.Close
}
