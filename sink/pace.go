package sink

import (
	"time"

	"golang.org/x/time/rate"
)

// pace spends rate tokens, one a request. After 429 it goes slower and recovers; after an outage it
// starts at a tenth.
type pace struct {
	full    float64 // requests a second; +Inf without a limit
	share   float64 // of full, in (0, 1]
	grownAt time.Time
	tokens  *rate.Limiter
}

const (
	paceShrink  = 0.5
	paceLeast   = 0.02
	paceRestart = 0.1
	paceGrowth  = 1.5 // a second
)

func newPace(perSecond float64) pace {
	burst := max(1, int(min(perSecond, 1000)/20)) // 50 ms of the rate, so that a late timer costs nothing
	return pace{full: perSecond, share: 1, tokens: rate.NewLimiter(rate.Limit(perSecond), burst)}
}

// wait tells when the next token is there; a time not after now means at once.
func (p *pace) wait(now time.Time) time.Time {
	p.recover(now)
	r := p.tokens.ReserveN(now, 1)
	defer r.CancelAt(now)
	return now.Add(r.DelayFrom(now))
}

// spend takes a token that wait has promised.
func (p *pace) spend(now time.Time) { p.tokens.AllowN(now, 1) }

func (p *pace) recover(now time.Time) {
	for p.share < 1 && now.Sub(p.grownAt) >= time.Second {
		p.set(p.grownAt.Add(time.Second), min(1, p.share*paceGrowth))
	}
}

func (p *pace) shrink(now time.Time)  { p.set(now, max(paceLeast, p.share*paceShrink)) }
func (p *pace) restart(now time.Time) { p.set(now, min(p.share, paceRestart)) }

func (p *pace) set(now time.Time, share float64) {
	p.share, p.grownAt = share, now
	p.tokens.SetLimitAt(now, rate.Limit(p.full*share))
}

// perSecond is the rate in force, in requests a second.
func (p *pace) perSecond() float64 { return p.full * p.share }
