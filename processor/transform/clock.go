package transform

import (
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// moment is a point in time. ms is in milliseconds since 1970; it means nothing unless known.
type moment struct {
	ms    int64
	known bool
	from  string // where in the event it stands; empty: the record's time
}

// seconds returns the moment in whole seconds since 1970.
func (m moment) seconds() int64 { return m.ms / 1000 }

// eventTime returns when the event happened: its timestamp, else its originalTimestamp, else the
// record's time. It is unknown only when the record has none either.
func (p *mapping) eventTime() moment {
	places := p.from[ruleTime]
	for i := range places {
		if t := p.readTime(places[i].of(p.ev), places[i].object, places[i].name); t.known {
			t.from = places[i].path
			return t
		}
	}
	p.change("timestamp", sink.WhyTimeOfRecord)
	ms := p.src.Time.UnixMilli()
	return moment{ms: ms, known: ms > 0}
}

// readTime reads the time in v, the member name of object (a path that ends in a dot). It is never
// before 1970, and never later than the record's time: as the time of an identify, a moment in the
// future would make every later one look stale.
func (p *mapping) readTime(v schema.Value, object, name string) moment {
	if k := v.Kind(); k == schema.Absent || k == schema.Null {
		return moment{}
	}
	ms, ok := parseTime(v)
	if !ok {
		p.change(object+name, sink.WhyTimeUnreadable)
		return moment{}
	}
	if now := p.src.Time.UnixMilli(); now > 0 && ms > now {
		p.change(object+name, sink.WhyTimeFuture)
		ms = now
	}
	return moment{ms: ms, known: true}
}
