package preview

import (
	"context"
	"errors"
	"io"
)

// Source gives records one after the other.
type Source interface {
	// Next returns the next record, which is valid until Next is called again, or [io.EOF].
	Next(ctx context.Context) (*Record, error)
	// Idle reports whether Next may have to wait: whoever reads along wants to see what there is.
	Idle() bool
}

// View shows events.
type View interface {
	Show(events []Event) error
	ShowDifference(d *Difference) error
}

// Job shows what becomes of records.
type Job struct {
	Rules *Rules
	// Other are the rules to compare with; nil: none, and all events are shown.
	Other *Rules
	// View is where it is shown; nil: nowhere, it is counted.
	View View
	// Idle is called when the source may make a reader wait, and Progress after each record.
	Idle     func() error
	Progress func(*Tally)

	Tally *Tally

	events, others []Event
}

// Run works a source to its end.
func (j *Job) Run(ctx context.Context, src Source) error {
	for {
		r, err := src.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = j.record(r)
		}
		if err == nil && src.Idle() {
			err = j.Idle()
		}
		if err != nil {
			return err //nolint:wrapcheck // says what failed
		}
		j.Progress(j.Tally)
	}
}

func (j *Job) record(r *Record) error {
	j.events = j.Rules.Apply(j.events[:0], r)
	j.Tally.add(j.events)
	if j.Other != nil {
		return j.compare(r)
	}
	if j.View == nil {
		return nil
	}
	return j.View.Show(j.events) //nolint:wrapcheck // says what failed
}

func (j *Job) compare(r *Record) error {
	j.others = j.Other.Apply(j.others[:0], r)
	for _, d := range Compare(j.events, j.others) {
		j.Tally.Differ++
		if err := j.View.ShowDifference(&d); err != nil {
			return err //nolint:wrapcheck // says what failed
		}
	}
	return nil
}
