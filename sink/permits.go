package sink

// permits bounds the requests in the air: slow start, then additive increase, multiplicative
// decrease. It grows only while it is what limits us, so that a quiet hour does not leave a limit
// behind that nothing has tested.
type permits struct {
	limit    float64
	most     float64
	slowTill float64 // below it the limit grows by one for each success, as TCP does
	air      int
}

const (
	permitsFirst  = 4
	permitsShrink = 0.7
)

func newPermits(most int) permits {
	return permits{limit: min(permitsFirst, float64(most)), most: float64(most), slowTill: float64(most)}
}

func (p *permits) free() bool { return p.air < int(p.limit) }

// take counts a request into the air. It reports whether that was the last permit.
func (p *permits) take() (last bool) {
	p.air++
	return !p.free()
}

func (p *permits) giveBack() { p.air-- }

// grow is called for a success of a request that was launched with the last permit.
func (p *permits) grow() {
	if p.limit < p.slowTill {
		p.limit = min(p.most, p.limit+1)
		return
	}
	p.limit = min(p.most, p.limit+1/p.limit)
}

// shrink is called for 429, 5xx and missing answers.
func (p *permits) shrink() {
	p.limit = max(1, p.limit*permitsShrink)
	p.slowTill = p.limit
}

// restart begins anew with one permit, after an outage.
func (p *permits) restart() {
	p.slowTill = max(p.limit, permitsFirst)
	p.limit = 1
}
