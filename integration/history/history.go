package history

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// History is what happened, in order.
type History []Entry

// Entry is one thing that happened: exactly one of its pointers is set.
type Entry struct {
	// At is the time since the begin of the run, virtual or real.
	At time.Duration

	Input     *Input     `json:",omitempty"`
	Arrival   *Arrival   `json:",omitempty"`
	Applied   *Applied   `json:",omitempty"`
	Answer    *Answer    `json:",omitempty"`
	Written   *Written   `json:",omitempty"`
	Letter    *Letter    `json:",omitempty"`
	Commit    *Commit    `json:",omitempty"`
	Ownership *Ownership `json:",omitempty"`
	Process   *Process   `json:",omitempty"`
	Fault     *Fault     `json:",omitempty"`
	Gone      *Gone      `json:",omitempty"`
	Gap       *Gap       `json:",omitempty"`
	Books     *Books     `json:",omitempty"`
	Leak      *Leak      `json:",omitempty"`
}

// Place is where a record lies in the source topic.
type Place struct {
	Partition int32
	Offset    int64
}

// Input is a record as it was produced. Records of a partition stand in the history in their order.
type Input struct {
	Place
	Record Record
	// Events are those in the record, in their order. A record that cannot be decoded has one, whose
	// end is [Lettered].
	Events []Event
}

// Record is the bytes of a record. Nil and empty differ.
type Record struct {
	Key, Value []byte
	Headers    []Header
	Millis     int64 // its timestamp
}

// Header is one header of a record.
type Header struct {
	Key   string
	Value []byte
}

// End is what must become of an event.
type End string

// The ends of events.
const (
	Delivered End = "delivered"
	Filtered  End = "filtered"
	Lettered  End = "lettered"
)

// Event is one event as it was meant.
type Event struct {
	// Seq is its number: it is nobody else's, and rises with the offset among the events of a user.
	Seq  int
	User string
	// Kind is identify, track, and so on.
	Kind string
	// Sets are the attributes of the user that an identify sets to Seq.
	Sets []string `json:",omitempty"`
	End  End
	// Reason is that of the letter or the filter. Refused says that the destination, not the mapping,
	// is what gives rise to the letter.
	Reason  string `json:",omitempty"`
	Refused bool   `json:",omitempty"`
}

// Arrival is a request as it reached the destination.
type Arrival struct {
	Request int
	// By is the life of a process that sent it: no two starts share one.
	By    string
	Items []Item
}

// Item is one operation in a request.
type Item struct {
	Seq int
	// ID is what the destination removes duplicates by, empty where the operation has none; Digest is
	// a hash of the item's bytes.
	ID     string
	Digest uint64
}

// Applied is the moment at which the destination took what a request brings. Items it neither stored
// nor refused are not in it.
type Applied struct {
	Request         int
	Stored, Refused []int // events by number, in the order of the request
}

// Answer is the moment at which the sender had an answer as a whole.
type Answer struct {
	Request int
	Status  int
	// Success says that it tells the sender to take for delivered what was stored; Unclear, that it may
	// as well not.
	Success bool
	Unclear bool `json:",omitempty"`
	// After is how long it asks to be left alone.
	After time.Duration `json:",omitempty"`
}

// Written is the moment at which a process heard from the broker that a letter is safe.
type Written struct {
	By string
	Place
	Op int
}

// Letter is a letter as its topic holds it at the end.
type Letter struct {
	Place  // of the record it speaks of
	Op     int
	Reason string
	Record Record
}

// Commit is a commit of one partition as it reached the broker.
type Commit struct {
	By string
	Place
	// Beyond are the offsets past the committed one that its metadata calls finished.
	Beyond []int64 `json:",omitempty"`
	// Outside says that no member made it, as the commit of a group that begins, or that nobody saw which.
	Outside bool `json:",omitempty"`
	// Applied says that the broker took it, whatever it answered; Code is the answer's.
	Applied bool
	Code    int16 `json:",omitempty"`
}

// Ownership is a change of who owns a partition.
type Ownership struct {
	By        string
	Partition int32
	// Gained is false when the owner gave it back, or heard that it had lost it.
	Gained bool
}

// Moment is one of a process's life.
type Moment string

// The moments of a process.
const (
	Started  Moment = "started"
	Stopping Moment = "stopping" // it was asked to stop
	Killed   Moment = "killed"
	Ended    Moment = "ended" // after it was asked to stop
)

// Process is a moment in the life of a process.
type Process struct {
	By   string
	What Moment
	// Limit is how long the stop may take, of a Stopping one.
	Limit time.Duration `json:",omitempty"`
	// Error is what it ended with, empty for an orderly end.
	Error string `json:",omitempty"`
}

// Fault is something that was done to the run.
type Fault struct{ What string }

// Gone says that nobody can read the records of a stretch of a partition any more: they were deleted or
// truncated, or the topic was. To is not among them.
type Gone struct {
	Partition int32
	From, To  int64
}

// Gap is a stretch that a process reported as passed over. To is not among it; a gap of nothing tells that
// the topic is another one.
type Gap struct {
	By        string
	Partition int32
	From, To  int64
	Reason    string
}

// Books are a process's own account of events, at its end or in between.
type Books struct {
	By                                                                string
	Consumed, Delivered, Filtered, DeadLettered, HandedBack, InFlight int64
	Late                                                              int64 // results of ended assignments
	Final                                                             bool
	Held, Bound                                                       int64 // bytes; a Bound of 0 is none
}

// Leak is something personal, or a secret, where it does not belong.
type Leak struct{ By, Where, Text string }

// Recorder writes a history. Its methods may be called by many goroutines at once.
type Recorder struct {
	begin time.Time
	mu    sync.Mutex
	list  History
}

// NewRecorder returns a recorder of a run that begins now.
func NewRecorder() *Recorder { return &Recorder{begin: time.Now()} }

// Add appends what happened now.
func (r *Recorder) Add(e Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.At = time.Since(r.begin)
	r.list = append(r.list, e)
}

// Recall adds what somebody else saw happen at a time by this machine's clock.
func (r *Recorder) Recall(at time.Time, e Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.At = at.Sub(r.begin)
	r.list = append(r.list, e)
}

// Settle fills in what was known of an entry's part only later, such as the answer to a commit.
func (r *Recorder) Settle(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// History returns what has been recorded, in order.
func (r *Recorder) History() History {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortStableFunc(r.list, func(a, b Entry) int { return cmp.Compare(a.At, b.At) })
	return slices.Clone(r.list)
}
