package program

import (
	"context"
	"time"
)

// Await asks every so often until the answer is yes, patience is over, or ctx ends. It returns what was
// seen last, and whether the answer was yes.
func Await(ctx context.Context, patience, every time.Duration, holds func() (ok bool, seen string)) (seen string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if ok, seen = holds(); ok {
			return seen, true
		}
		select {
		case <-ctx.Done():
			return seen, false
		case <-time.After(every):
		}
	}
}
