package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/pintle-io/pintle/cmd/internal/config"
	"github.com/pintle-io/pintle/cmd/internal/logline"
)

// program is pintle as a value, so that tests can run it.
type program struct {
	stdout, stderr io.Writer
	version        string
}

// run runs the command that args name, tells its error, and returns what to exit with.
func (p *program) run(ctx context.Context, args []string) int {
	cmd := p.command() //nolint:contextcheck // commands are given it by ExecuteContext
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	p.report(err)
	return exitCode(err)
}

// report tells an error. Faults of a file begin with their place, as editors expect it.
func (p *program) report(err error) {
	switch _, faults := errors.AsType[config.Problems](err); {
	case err == nil:
	case faults:
		fmt.Fprintln(p.stderr, err)
	default:
		fmt.Fprintln(p.stderr, "pintle:", err)
	}
}

func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "pintle",
		Short: "RudderStack events from a Kafka topic to Customer.io",
		Long: "Pintle takes RudderStack events from a Kafka topic to Customer.io: in order per user, in few\n" +
			"large requests, through any outage, with every event accounted for.\n\n" +
			"Start with `pintle demo`: it needs no account, no Kafka and no network.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          known,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newDemo(p.version), p.runCommand(), p.checkCommand(), p.previewCommand(), p.healthCommand(), p.versionCommand())
	return root
}

// flushPatience is how long the end waits for whoever reads the log.
const flushPatience = 200 * time.Millisecond

// usageError is a command line that cannot be understood.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// logger returns the logger that a configuration asks for: JSON unless a person reads along. flush
// writes what waits for a slow reader, for flushPatience at most.
func (p *program) logger(l config.Log) (log *slog.Logger, flush func()) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	lines, log := talk(p.stderr, func(w io.Writer) slog.Handler {
		if l.Format == "text" || l.Format == "auto" && p.watched() {
			return slog.NewTextHandler(w, options)
		}
		return slog.NewJSONHandler(w, options)
	})
	return log, func() { lines.Close(flushPatience) }
}

// talk returns a writer to w that no slow reader holds up, and a logger that writes there.
func talk(w io.Writer, handler func(io.Writer) slog.Handler) (lines *logline.Writer, log *slog.Logger) {
	lines = logline.New(w, func(n int64) {
		log.Warn("lines of the log were left out: whoever reads it is too slow", slog.Int64("lines", n))
	})
	log = slog.New(handler(lines))
	return lines, log
}

// watched tells whether standard error is a terminal.
func (p *program) watched() bool {
	f, ok := p.stderr.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}

// known refuses a command that does not exist.
func known(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("there is no command %q: `pintle --help` lists them", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text = fmt.Sprintf("there is no command %q: did you mean %s?", args[0], near[0])
	}
	return &usageError{errors.New(text)}
}

// alone refuses arguments that a command does not take.
func alone(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{errors.New(cmd.CommandPath() + " takes no arguments: remove " + args[0])}
	}
	return nil
}
