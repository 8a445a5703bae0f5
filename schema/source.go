package schema

import "time"

// Source is the record that an event came in.
type Source struct {
	Key []byte
	// Time is the record's timestamp. It stands in where an event has no time, and for the present:
	// no time of an event is later.
	Time time.Time
}
