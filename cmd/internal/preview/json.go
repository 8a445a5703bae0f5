package preview

import (
	"fmt"
	"io"
	"strings"

	"github.com/go-faster/jx"
)

// Lines writes events as JSON, one line each; docs/preview.md says what its members mean. Each line
// is written by one call of w.
type Lines struct {
	w   io.Writer
	buf jx.Writer
}

// NewLines returns lines that go to w.
func NewLines(w io.Writer) *Lines { return &Lines{w: w} }

// Show writes events.
func (l *Lines) Show(events []Event) error {
	for i := range events {
		l.buf.Reset()
		l.event(&events[i])
		if err := l.flush(); err != nil {
			return err
		}
	}
	return nil
}

// ShowDifference writes what one event becomes by two sets of rules.
func (l *Lines) ShowDifference(d *Difference) error {
	one := d.any()
	l.buf.Reset()
	l.buf.RawStr(`{"message_id":`)
	l.text(one.MessageID)
	l.member("type", one.Type)
	l.buf.RawStr(`,"record":`)
	l.place(one.Place)
	l.buf.RawStr(`,"before":`)
	l.eventOrNull(d.Before)
	l.buf.RawStr(`,"after":`)
	l.eventOrNull(d.After)
	l.buf.RawStr("}")
	return l.flush()
}

func (l *Lines) flush() error {
	l.buf.RawStr("\n")
	if _, err := l.w.Write(l.buf.Buf); err != nil {
		return fmt.Errorf("the result cannot be written: %w", err)
	}
	return nil
}

func (l *Lines) eventOrNull(e *Event) {
	if e == nil {
		l.buf.Null()
		return
	}
	l.event(e)
}

func (l *Lines) event(e *Event) {
	l.buf.RawStr(`{"message_id":`)
	l.text(e.MessageID)
	l.member("type", e.Type)
	l.member("outcome", string(e.Outcome))
	l.member("reason", string(e.Reason))
	l.member("detail", e.Detail)
	l.member("field", e.Field)
	l.member("key", e.Key)
	l.ops(e.Ops)
	l.buf.RawStr(`,"changes":[`)
	for i, c := range e.Changes {
		if i > 0 {
			l.buf.RawStr(",")
		}
		l.buf.RawStr(`{"field":`)
		l.text(c.Field)
		l.member("why", string(c.Why))
		l.buf.RawStr("}")
	}
	l.buf.RawStr(`],"record":`)
	l.place(e.Place)
	l.buf.RawStr("}")
}

// ops writes the operations that are sent, with their very bytes. A line end between values is the
// only one that JSON can hold, and a blank says the same there.
func (l *Lines) ops(ops []Op) {
	l.buf.RawStr(`,"ops":[`)
	first := true
	for i := range ops {
		if ops[i].Endpoint == "" {
			continue
		}
		if !first {
			l.buf.RawStr(",")
		}
		first = false
		l.buf.RawStr(`{"endpoint":`)
		l.text(ops[i].Endpoint)
		l.buf.RawStr(`,"body":`)
		from := len(l.buf.Buf)
		l.buf.Raw(ops[i].Body)
		oneLine(l.buf.Buf[from:])
		l.buf.RawStr("}")
	}
	l.buf.RawStr("]")
}

func oneLine(json []byte) {
	for i, c := range json {
		if c == '\n' || c == '\r' {
			json[i] = ' '
		}
	}
}

func (l *Lines) place(p Place) {
	if p.File != "" {
		l.buf.RawStr(`{"file":`)
		l.text(p.File)
		l.buf.RawStr(`,"line":`)
		l.buf.Int(p.Line)
	} else {
		l.buf.RawStr(`{"topic":`)
		l.text(p.Topic)
		l.buf.RawStr(`,"partition":`)
		l.buf.Int32(p.Partition)
		l.buf.RawStr(`,"offset":`)
		l.buf.Int64(p.Offset)
	}
	l.buf.RawStr("}")
}

func (l *Lines) member(name, value string) {
	l.buf.RawStr(`,"` + name + `":`)
	l.text(value)
}

// text writes a text. The key of a record, and the name of a file, can be any bytes.
func (l *Lines) text(s string) { l.buf.Str(strings.ToValidUTF8(s, "\ufffd")) }
