package deadletter

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// flightLetters and flightBytes bound what a lane sends at once. The bytes keep a batch well below
	// the default max.message.bytes, so that letters are not refused for the company they keep.
	flightLetters = 64
	flightBytes   = 512 << 10
	// patience is how long a flight may be on its way before it counts as refused. It stays on its way.
	patience = 10 * time.Second
	// firstPause and longestPause bound the pauses between tries.
	firstPause   = 250 * time.Millisecond
	longestPause = 15 * time.Second
)

// pending is a letter that waits for its acknowledgement.
type pending struct {
	letter *Letter
	done   func(error)
}

// lane writes the letters of one source partition, in order. Its goroutine lives while it has any.
type lane struct {
	w    *Writer
	from source

	queue []pending // guarded by Writer.mu

	alone   bool // the last flight failed: send one letter at a time, to learn which it is
	refused bool
}

// run writes letters until there are none, or the writer gives up.
func (ln *lane) run() {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = firstPause, longestPause
	pause.RandomizationFactor = 1 // full jitter
	defer ln.w.accepted(&ln.refused)
	for {
		flight := ln.next()
		if len(flight) == 0 {
			return
		}
		failed, err := ln.fly(flight)
		ln.again(failed)
		if err == nil {
			pause.Reset()
			continue
		}
		if errors.Is(err, ErrClosed) {
			ln.drop()
			return
		}
		if tooLarge(err) {
			continue // the next flight is a smaller one
		}
		ln.w.refused(&ln.refused, err)
		if !ln.w.sleep(pause.NextBackOff()) {
			ln.drop()
			return
		}
	}
}

// next takes the letters of the next flight. When there are none, the lane has ended.
func (ln *lane) next() []pending {
	ln.w.mu.Lock()
	defer ln.w.mu.Unlock()
	if len(ln.queue) == 0 {
		delete(ln.w.lanes, ln.from)
		return nil
	}
	n, bytes := 1, ln.queue[0].letter.size()
	for !ln.alone && n < len(ln.queue) && n < flightLetters {
		if bytes += ln.queue[n].letter.size(); bytes > flightBytes {
			break
		}
		n++
	}
	flight := append([]pending(nil), ln.queue[:n]...)
	clear(ln.queue[:n])
	ln.queue = ln.queue[n:]
	return flight
}

// again puts letters back at the head of the queue.
func (ln *lane) again(failed []pending) {
	if len(failed) == 0 {
		return
	}
	ln.w.mu.Lock()
	defer ln.w.mu.Unlock()
	ln.queue = append(failed, ln.queue...)
}

// drop gives all letters of the lane up.
func (ln *lane) drop() {
	ln.w.mu.Lock()
	rest := ln.queue
	ln.queue = nil
	delete(ln.w.lanes, ln.from)
	ln.w.mu.Unlock()
	for _, p := range rest {
		ln.w.waiting.Add(-1)
		ln.w.lost.Add(1)
		p.done(ErrClosed)
	}
}

// fly sends letters at once and waits for all of them. It returns those to be sent again, in order,
// and why.
func (ln *lane) fly(flight []pending) ([]pending, error) {
	partitions, err := ln.w.count()
	if err != nil {
		ln.alone = true
		return flight, err
	}
	slot := ln.w.slot(ln.from.partition % partitions)
	select {
	case slot <- struct{}{}:
	case <-ln.w.quit:
		return flight, ErrClosed
	}
	results := make(chan int, len(flight))
	errs := make([]error, len(flight))
	for i, p := range flight {
		// The context is nobody's to cancel: a canceled record may or may not have been written.
		ln.w.client.TryProduce(context.Background(), p.letter.Record(ln.w.topic, partitions), func(_ *kgo.Record, err error) {
			errs[i] = err
			results <- i
		})
	}
	if err := ln.wait(results, len(flight)); err != nil {
		return flight, err // the slot stays taken: the flight may still land, and nothing flies any more
	}
	<-slot
	return ln.land(flight, errs)
}

// wait waits for the end of a flight. It says so when that takes long.
func (ln *lane) wait(results <-chan int, n int) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for n > 0 {
		select {
		case <-results:
			n--
		case <-late.C:
			ln.w.refused(&ln.refused, errSlow)
		case <-ln.w.quit:
			return ErrClosed
		}
	}
	return nil
}

// land settles a flight whose letters all have their results.
func (ln *lane) land(flight []pending, errs []error) (failed []pending, first error) {
	for i, p := range flight {
		err := errs[i]
		if err == nil {
			ln.w.waiting.Add(-1)
			ln.w.written.Add(1)
			p.done(nil)
			continue
		}
		if first == nil {
			first = err
		}
		if tooLarge(err) && len(flight) == 1 {
			if p.letter, first = shorten(p.letter, err); first == nil {
				first = err
			}
		}
		failed = append(failed, p)
	}
	ln.alone = first != nil
	if first == nil {
		ln.w.accepted(&ln.refused)
		return nil, nil
	}
	if !tooLarge(first) {
		ln.w.partitions.Store(0) // the topic may have been made anew
	}
	return failed, first
}

// shorten leaves out what a letter can do without, or says that nothing is left to leave out.
func shorten(l *Letter, err error) (*Letter, error) {
	switch l.ValueOmitted {
	case "":
		return l.without(OmittedValue), nil
	case OmittedValue:
		return l.without(OmittedAll), nil
	default:
		return l, errors.Join(errTiny, err)
	}
}

// tooLarge reports whether err is about the size of what was written, and a smaller one may pass.
func tooLarge(err error) bool {
	return !errors.Is(err, errTiny) && (errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge))
}
