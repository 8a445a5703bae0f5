package schema

import (
	"bytes"
	"fmt"
	"strconv"
)

// Limits bound what [Decode] accepts. A zero field stands for its default.
type Limits struct {
	// Bytes is the size of a value: 4 MiB. RudderStack's gateway takes requests of 4,000 KB.
	Bytes int
	// Depth is the nesting of objects and arrays in a value, an envelope's included: 64.
	Depth int
	// Events is the number of events in one value: 10,000.
	Events int
}

const (
	defaultBytes  = 4 << 20
	defaultDepth  = 64
	defaultEvents = 10_000
)

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = defaultBytes
	}
	if l.Depth <= 0 {
		l.Depth = defaultDepth
	}
	if l.Events <= 0 {
		l.Events = defaultEvents
	}
	return l
}

// Decode appends the events of one record's value to dst: of a single event, of an array, or of an
// envelope {"batch":[…]}. What else an envelope holds is dropped, as RudderStack's gateway does.
//
// The events refer to value, which must not change while they are in use. On failure dst comes back
// as it was, with a [*DecodeError]: one bad event spoils the whole value. A value without any event
// is a failure as well, and so is a panic over it. Decode is safe for concurrent use.
func Decode(dst []Event, value []byte, lim Limits) (events []Event, err error) {
	lim = lim.withDefaults()
	if len(value) > lim.Bytes {
		return dst, &DecodeError{
			Offset:   int64(lim.Bytes),
			Expected: fmt.Sprintf("at most %d bytes", lim.Bytes),
			Found:    fmt.Sprintf("a value of %d bytes", len(value)),
		}
	}
	s := scanner{buf: value, limit: lim.Depth}
	base := len(dst)
	defer func() {
		if fault := recover(); fault != nil {
			events, err = dst[:base], s.broke(fault)
		}
	}()
	switch s.blanks() {
	case '{':
		dst = s.object(dst, lim.Events)
	case '[':
		dst = s.array(dst, lim.Events)
	default:
		s.fail(s.pos, "an event: '{' or '['")
	}
	if s.err == nil {
		if s.blanks(); s.pos < len(s.buf) {
			s.fail(s.pos, "the end of the value")
		}
	}
	if s.err != nil {
		clear(dst[base:])
		return dst[:base], s.err
	}
	return dst, nil
}

// object reads an event or an envelope. An envelope has a batch and no type; that is known only at
// its end, so the batch is read twice.
func (s *scanner) object(dst []Event, limit int) []Event {
	dst = grow(dst)
	ev := &dst[len(dst)-1]
	batch := s.event(ev)
	if batch == 0 || ev.TypeValue != nil || s.err != nil {
		return dst
	}
	end := s.pos
	*ev = Event{}
	dst = dst[:len(dst)-1]
	s.pos, s.depth = batch, 1
	if s.buf[s.pos] != '[' {
		s.fail(s.pos, "an array of events as batch")
		return dst
	}
	dst = s.array(dst, limit)
	if s.err == nil {
		s.pos = end
	}
	return dst
}

// array reads the events of the array that opens at pos.
func (s *scanner) array(dst []Event, limit int) []Event {
	from, n := s.pos, 0
	for more := s.enter(']'); more; more = s.next(']') {
		if s.pos >= len(s.buf) || s.buf[s.pos] != '{' {
			s.fail(s.pos, "an event: '{'")
			return dst
		}
		if n++; n > limit {
			s.fail(s.pos, "at most "+strconv.Itoa(limit)+" events")
			return dst
		}
		dst = grow(dst)
		s.event(&dst[len(dst)-1])
	}
	if n == 0 && s.err == nil {
		s.err = &DecodeError{Offset: int64(from), Expected: "at least one event", Found: "an empty array"}
	}
	return dst
}

// grow appends an empty event, reusing what dst has room for.
func grow(dst []Event) []Event {
	if n := len(dst); n < cap(dst) {
		dst = dst[:n+1]
		dst[n] = Event{}
		return dst
	}
	return append(dst, Event{})
}

// event reads the object that opens at pos. It returns the offset of the value of its member batch,
// 0 when it has none.
func (s *scanner) event(ev *Event) (batch int) {
	from := s.pos
	for more := s.enter('}'); more; more = s.next('}') {
		name := s.key()
		switch string(name) {
		case "type":
			ev.TypeValue = s.value()
		case "messageId":
			ev.MessageID = s.value()
		case "userId":
			ev.UserID = s.value()
		case "anonymousId":
			ev.AnonymousID = s.value()
		case "previousId":
			ev.PreviousID = s.value()
		case "groupId":
			ev.GroupID = s.value()
		case "channel":
			ev.Channel = s.value()
		case "name":
			ev.Name = s.value()
		case "event":
			ev.Event = s.value()
		case "properties":
			ev.Properties = s.value()
		case "traits":
			ev.Traits = s.value()
		case "user_properties":
			ev.UserProperties = s.value()
		case "category":
			ev.Category = s.value()
		case "integrations":
			ev.Integrations = s.value()
		case "timestamp":
			ev.Timestamp = s.value()
		case "originalTimestamp":
			ev.OriginalTimestamp = s.value()
		case "sentAt":
			ev.SentAt = s.value()
		case "receivedAt":
			ev.ReceivedAt = s.value()
		case "context":
			s.context(&ev.Context)
		case "batch":
			batch = s.pos
			s.skip()
		case "rudderId", "request_ip", "_metadata", "version", "writeKey", "sourceId": // the envelope: nothing of the user's
			s.skip()
		default:
			if len(ev.Others) < MaxOthers {
				ev.Others = append(ev.Others, bytes.Clone(name))
			}
			s.skip()
		}
	}
	if s.err != nil {
		return 0
	}
	ev.Raw = Value(s.buf[from:s.pos:s.pos])
	ev.Type = typeOf(ev.TypeValue)
	return batch
}

// typeOf names a type in whatever letter case it is written.
func typeOf(v Value) Type {
	text, ok := v.Text()
	if !ok || len(bytes.TrimSpace(text)) == 0 {
		return TypeNone
	}
	for t := TypeIdentify; t <= TypeAlias; t++ {
		if name := t.String(); len(name) == len(text) && bytes.EqualFold(text, []byte(name)) {
			return t
		}
	}
	return TypeOther
}
