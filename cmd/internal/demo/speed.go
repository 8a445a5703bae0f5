package demo

import "time"

// speedOver is the time that speeds are measured over.
const speedOver = 2 * time.Second

// speed tells how fast things go now, from the snapshots it is shown.
type speed struct{ seen []mark }

type mark struct {
	at                            time.Duration
	produced, delivered, requests int64
}

// rates are a second's.
type rates struct{ produced, delivered, requests float64 }

// of takes a snapshot and returns the rates up to it.
func (v *speed) of(s *Snapshot) rates {
	now := mark{s.Elapsed, s.Produced, s.Stats.Ledger.Delivered, s.Stats.Sink.Requests}
	v.seen = append(v.seen, now)
	for len(v.seen) > 2 && now.at-v.seen[1].at >= speedOver {
		v.seen = v.seen[1:]
	}
	then := mark{}
	if len(v.seen) > 1 {
		then = v.seen[0]
	}
	span := (now.at - then.at).Seconds()
	if span <= 0 {
		return rates{}
	}
	return rates{
		float64(now.produced-then.produced) / span,
		float64(now.delivered-then.delivered) / span,
		float64(now.requests-then.requests) / span,
	}
}
