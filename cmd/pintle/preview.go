package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/pintle-io/pintle/cmd/internal/preview"
)

// previewFlags are what the command line of preview says.
type previewFlags struct {
	config, profile, diff string
	output, at            string
	records               int
	summary               bool
}

func (p *program) previewCommand() *cobra.Command {
	var f previewFlags
	c := &cobra.Command{
		Use:   "preview [FILE | - | TOPIC/PARTITION@OFFSET]...",
		Short: "Show what events become, without sending them",
		Long: `Shows each event beside the requests it becomes: which rule made each field, what was
changed or dropped and why, its ordering key and lane, ids and sizes. It sends nothing, and
needs no network for files. The verdict is that of "pintle run" for the same bytes.

A file holds one record a line, or is one JSON value: an event, an array of events, or
{"batch":[...]}. Nothing, or -, is standard input. TOPIC/PARTITION@OFFSET is a record in Kafka,
which is found by the configuration; no group is joined and nothing is committed.

Exit code 0: it is shown what becomes of each event; 2: a record is no event, or the command
line or a file is wrong; 3: there is no event; 5: Kafka does not answer. docs/preview.md says
what each member of the JSON means.`,
		Example: `  pintle preview events.jsonl
  pintle preview -c pintle.yaml rudder.events/3@184220
  pintle preview -o json < events.jsonl
  pintle preview --profile guide --diff current events.jsonl    what another profile would change
  pintle preview -c now.yaml --diff next.yaml events.jsonl      what another configuration would
  pintle preview --summary events.jsonl                         counts alone`,
		RunE: func(c *cobra.Command, args []string) error { return p.preview(c, &f, args) },
	}
	flags := c.Flags()
	flags.StringVarP(&f.config, "config", "c", "", "the configuration file; without it, its defaults")
	flags.StringVar(&f.profile, "profile", "", "the profile of the mapping: guide or current; without it, the configuration's")
	flags.StringVar(&f.diff, "diff", "", "show what changes by another profile, guide or current, or by another configuration file")
	flags.StringVarP(&f.output, "output", "o", "text", "text or json")
	flags.IntVarP(&f.records, "records", "n", 1, "of a topic: so many records from the offset on")
	flags.StringVar(&f.at, "at", "", "of files: when their records were written, such as 2026-01-31T00:00:00Z; without it, now")
	flags.BoolVar(&f.summary, "summary", false, "counts alone: by outcome, reason, type and change")
	return c
}

func (p *program) preview(c *cobra.Command, f *previewFlags, args []string) error {
	setup, err := f.setup()
	if err != nil {
		return err
	}
	if len(args) == 0 {
		if in, ok := c.InOrStdin().(*os.File); ok && term.IsTerminal(in.Fd()) {
			return usage("name a file, topic/partition@offset, or - for what you type: `pintle preview --help` has examples")
		}
		args = []string{"-"}
	}
	inputs, err := setup.inputs(args, c.InOrStdin())
	if err != nil {
		return err
	}
	out := newPreviewOutput(c.OutOrStdout(), f)
	bar := newProgress(p.stderr, p.stdout)
	job := &preview.Job{
		Rules: setup.rules, Other: setup.other, View: out.view, Idle: out.flush, Tally: preview.NewTally(), Progress: bar.show,
	}
	for _, in := range inputs {
		err := p.previewInput(c.Context(), job, in)
		bar.end()
		if err != nil {
			return errors.Join(err, out.flush())
		}
	}
	if err := out.end(job.Tally); err != nil {
		return err
	}
	if f.diff != "" {
		fmt.Fprintf(p.stderr, "pintle: %d of %d events differ\n", job.Tally.Differ, job.Tally.Events)
	}
	return verdict(job.Tally)
}

// previewInput shows what is in one input, and tells what is odd about it.
func (p *program) previewInput(ctx context.Context, job *preview.Job, in input) error {
	src, err := in.open(ctx)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := job.Run(ctx, src); err != nil {
		return err //nolint:wrapcheck // says what failed
	}
	for _, note := range src.Notes() {
		fmt.Fprintf(p.stderr, "pintle: %s: %s\n", in.name, note)
	}
	return nil
}

// noEventsError says that there was nothing to show.
type noEventsError struct{}

func (noEventsError) Error() string {
	return "there are no events in it: a file holds one event a line, or is one JSON value"
}

// badRecordsError says that records are no events.
type badRecordsError struct{ bad, records int64 }

func (e *badRecordsError) Error() string {
	return fmt.Sprintf("%d of %d records are no events: the detail of each says what stands at which byte; in a run they become letters of the reason decode", e.bad, e.records)
}

func verdict(t *preview.Tally) error {
	switch bad := t.Undecodable(); {
	case t.Records == 0:
		return noEventsError{}
	case bad > 0:
		return &badRecordsError{bad, t.Records}
	default:
		return nil
	}
}

// previewOutput is where the result of a preview goes.
type previewOutput struct {
	w       *bufio.Writer
	view    preview.View // nil: counts alone
	summary func(*preview.Tally) error
}

func newPreviewOutput(w io.Writer, f *previewFlags) *previewOutput {
	o := &previewOutput{}
	if f.output == "json" {
		o.w = bufio.NewWriterSize(w, 64<<10)
		lines := preview.NewLines(o.w)
		o.view, o.summary = lines, lines.ShowTally
	} else {
		o.w = bufio.NewWriterSize(colorprofile.NewWriter(w, os.Environ()), 64<<10)
		table := preview.NewTable(o.w, columns(w))
		o.view, o.summary = table, table.ShowTally
	}
	if f.summary {
		o.view = nil
	} else {
		o.summary = func(*preview.Tally) error { return nil }
	}
	return o
}

func (o *previewOutput) flush() error {
	if err := o.w.Flush(); err != nil {
		return fmt.Errorf("the result cannot be written: %w", err)
	}
	return nil
}

func (o *previewOutput) end(t *preview.Tally) error { return errors.Join(o.summary(t), o.flush()) }

// columns is the width of a terminal; what is none gets a width that can be read everywhere.
func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(f.Fd()); err == nil {
			return width
		}
	}
	return 80
}

// recordTime is when the records of files were written.
func (f *previewFlags) recordTime() (time.Time, error) {
	if f.at == "" {
		return time.Now(), nil
	}
	at, err := time.Parse(time.RFC3339, f.at)
	if err != nil {
		return at, usage("--at " + f.at + ": write a time such as 2026-01-31T00:00:00Z")
	}
	return at, nil
}

func usage(text string) error { return &usageError{errors.New(text)} }
