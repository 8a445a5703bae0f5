package deadletter

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrClosed is the result of a letter that had no acknowledgement when the [Writer] was closed. The
// record is not committed, so it is read again and its letter written again.
var ErrClosed = errors.New("the dead-letter writer was closed before the broker had acknowledged the letter: its record stays uncommitted and is read again")

// ClientOpts returns the options that a producing client needs for a [Writer]; the caller adds
// brokers, TLS, SASL, hooks and a logger. They are: idempotent and acknowledged by all replicas (the
// client's defaults), no linger, no time-out and no limit of tries for a record that is on its way,
// partitions chosen by the letter, no topics created by accident.
func ClientOpts() []kgo.Opt {
	return []kgo.Opt{
		kgo.RequiredAcks(kgo.AllISRAcks()),
		// The default of 10 ms would make each lane that waits for its letter lose 11 ms.
		kgo.ProducerLinger(0),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.MaxBufferedRecords(maxBuffered),
		// Whether a letter is too large is for the topic's max.message.bytes to say, not for us.
		kgo.ProducerBatchMaxBytes(maxBatch),
		kgo.BrokerMaxWriteBytes(4 * maxBatch),
	}
}

const (
	// maxBuffered bounds the records in the client. Flights keep far below it.
	maxBuffered = 1 << 16
	// maxBatch is above any record that a source topic may sensibly hold.
	maxBatch = 32 << 20
)

// Writer writes letters. It is safe for concurrent use.
//
// The letters of one source partition are written in the order of [Writer.Write]. A letter is tried
// until the broker has acknowledged it or the Writer is closed; meanwhile those behind it wait, and
// [Writer.Stats] and the log say why. One that its topic calls too large is written again without its
// value, and then without its key and headers.
type Writer struct {
	client *kgo.Client
	topic  string
	log    *slog.Logger
	quit   chan struct{} // closed when nothing is tried any more

	wg sync.WaitGroup // the running lanes

	mu      sync.Mutex // guards what follows
	closed  bool
	lanes   map[source]*lane
	slots   map[int32]chan struct{} // one flight at a time per partition of the topic
	failing int                     // lanes that were refused last
	state   Stats
	told    map[string]bool // what the log knows of this spell of refusals

	partitions atomic.Int32 // of the topic; 0: not known
	written    atomic.Int64
	waiting    atomic.Int64
	lost       atomic.Int64 // given up by Close
}

// source is a partition that letters come from.
type source struct {
	topic     string
	partition int32
}

// Stats says how the letters fare.
type Stats struct {
	// Written counts the letters that the broker has acknowledged.
	Written int64
	// Waiting counts the letters that it has not acknowledged yet.
	Waiting int64
	// LastError says why letters are refused and what to do; empty while they are not.
	LastError string
	// Since is when the refusals began; zero while there are none.
	Since time.Time
}

// NewWriter returns a writer of letters to topic. The client must have [ClientOpts], must be no member
// of a group, and stays the caller's, who closes it after [Writer.Close]. Call [Writer.Check] before
// the first record is read: it finds a missing topic while nothing depends on it yet.
func NewWriter(client *kgo.Client, topic string, log *slog.Logger) *Writer {
	return &Writer{
		client: client,
		topic:  topic,
		log:    log,
		quit:   make(chan struct{}),
		lanes:  make(map[source]*lane),
		slots:  make(map[int32]chan struct{}),
	}
}

// Write takes a letter and returns at once. It calls done exactly once, from another goroutine: with
// nil when the broker has acknowledged the letter, with [ErrClosed] when the Writer was closed first. So
// the caller may hold a lock that done takes. done must not block. The letter's bytes must not change
// until then. Memory is the caller's to bound: letters that wait are kept.
func (w *Writer) Write(l *Letter, done func(error)) {
	from := source{l.Topic, l.Partition}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		go done(ErrClosed) // nobody waits for it: done does not block
		return
	}
	w.waiting.Add(1)
	ln := w.lanes[from]
	if ln == nil {
		ln = &lane{w: w, from: from}
		w.lanes[from] = ln
		w.wg.Go(ln.run)
	}
	ln.queue = append(ln.queue, pending{letter: l, done: done})
}

// Close takes no more letters, waits until all are acknowledged or ctx ends, gives the rest up with
// [ErrClosed], and returns how many that were. Those may still have reached the topic: their records
// are read again, and letters with the same id written twice.
func (w *Writer) Close(ctx context.Context) int64 {
	w.mu.Lock()
	first := !w.closed
	w.closed = true
	w.mu.Unlock()
	if !first {
		w.wg.Wait()
		return 0
	}
	idle := make(chan struct{})
	go func() {
		w.wg.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		close(w.quit)
		return 0
	case <-ctx.Done():
	}
	close(w.quit)
	<-idle
	return w.lost.Load()
}

// Stats returns a snapshot.
func (w *Writer) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.state
	s.Written, s.Waiting = w.written.Load(), w.waiting.Load()
	return s
}

// refused notes that a lane is refused. was is the lane's own note, kept so that each lane counts once.
func (w *Writer) refused(was *bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	advice := w.advice(err)
	text := advice + ": " + err.Error()
	if !*was {
		*was = true
		w.failing++
	}
	w.state.LastError = text
	if w.state.Since.IsZero() {
		w.state.Since = time.Now()
		w.told = make(map[string]bool)
	}
	if w.told[advice] {
		return
	}
	w.told[advice] = true
	w.log.Warn("dead-letter topic takes no letters: their partitions wait, nothing is committed past them",
		slog.String("topic", w.topic), slog.String("error", text))
}

// accepted notes that a lane is not refused any more.
func (w *Writer) accepted(was *bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !*was {
		return
	}
	*was = false
	if w.failing--; w.failing > 0 {
		return
	}
	w.log.Info("dead-letter topic takes letters again", slog.String("topic", w.topic), slog.Duration("after", time.Since(w.state.Since)))
	w.state.LastError, w.state.Since = "", time.Time{}
}
