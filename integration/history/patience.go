package history

import "time"

// inTheAir is how long a request may take to arrive that was sent before an answer was heard.
const inTheAir = 500 * time.Millisecond

// patience is I11: who was asked for a pause sends nothing before its end.
type patience map[string]pause // by life

type pause struct{ asked, until time.Duration }

func (p patience) see(w *world, e *Entry) {
	switch {
	case e.Answer != nil && e.Answer.After > inTheAir:
		if r := w.request[e.Answer.Request]; r != nil {
			p[r.By] = pause{asked: e.At, until: max(p[r.By].until, e.At+e.Answer.After)}
		}
	case e.Arrival != nil:
		if now := p[e.Arrival.By]; e.At > now.asked+inTheAir && e.At < now.until {
			w.fail("I11", "%s sent request %d, and was asked to wait until %s", e.Arrival.By, e.Arrival.Request, now.until)
		}
	}
}

func (patience) end(*world) {}
