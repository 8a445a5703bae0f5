package main

import (
	"errors"

	"github.com/pintle-io/pintle/cmd/internal/config"
	"github.com/pintle-io/pintle/cmd/internal/preview"
	"github.com/pintle-io/pintle/processor"
)

// What pintle exits with. The numbers are API.
const (
	exitDone        = 0
	exitFailed      = 1
	exitBadInput    = 2 // the configuration, the command line, or records that are no events
	exitNothing     = 3 // nothing matched
	exitRefused     = 4 // refused for safety
	exitUnreachable = 5 // something that is needed does not answer
)

// exitCode maps errors to numbers, in this one place.
func exitCode(err error) int {
	var (
		problems config.Problems
		usage    *usageError
		noStart  *processor.NoStartError
		noTopic  *processor.NoTopicError
		badStart *processor.BadStartError
		bad      *badRecordsError
		noEvents noEventsError
		noRecord *preview.NoRecordError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &problems), errors.As(err, &usage), errors.As(err, &badStart), errors.As(err, &noTopic),
		errors.As(err, &bad):
		return exitBadInput
	case errors.As(err, &noEvents), errors.As(err, &noRecord):
		return exitNothing
	case errors.As(err, &noStart):
		return exitRefused
	case errors.Is(err, processor.ErrUnreachable), errors.Is(err, errNotReady):
		return exitUnreachable
	default:
		return exitFailed
	}
}
