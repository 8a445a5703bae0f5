package sink

import "time"

// forkShare is the share of a full request (1/8) from which on ops that nothing is known about are sent beside
// a piece instead of behind it. Less costs more requests than it saves time.
const forkShare = 8

// search finds the ops for which a request was refused as a whole. It sends the ops again from front to back,
// one piece at a time, and learns from each answer:
//
//   - Of ops that are known to hold a bad one, the first half is sent. If it is taken, the second half is bad
//     and is halved at once, never sent whole. If it is refused, nothing is known about the second half, which
//     joins the rest of the search: one request may clear all of it.
//   - Of ops that nothing is known about, a group is sent. The group doubles when it is taken and shrinks when
//     it is refused, and when two bad ops stand close to each other. So about half of the groups are refused,
//     which is when an answer tells most, whether one op in 1,000 is bad or each.
//
// A conclusion only chooses what is sent next: each op is delivered or rejected by its own answer. When a
// conclusion is wrong (two ops may be refused only together), that costs requests, at most as many as the
// number of halvings.
//
// A search goes on only while its pieces are taken or refused. After any other failure of a piece it is
// abandoned, so that its other ops do not wait for the back-off. See ADR 11.
type search struct {
	ops     []*Op // not settled yet, in order; the piece that is sent stands first
	bad     int   // this many at the front hold a bad op; 0 when nothing is known
	group   int   // how many ops to send at once that nothing is known about
	cleared int   // ops taken since the last bad one
	attempt int   // of the newest request that was refused
}

// piece returns how many ops go next.
func (s *search) piece() int {
	if s.bad > 0 {
		return max(1, s.bad/2)
	}
	return min(s.group, len(s.ops))
}

// taken is called when the piece of n ops was taken.
func (s *search) taken(n int) {
	if s.bad == 0 {
		s.group *= 2
	}
	s.bad = max(0, s.bad-n)
	s.cleared += n
	s.ops = s.ops[n:]
}

// refused is called when the piece of n ops was refused as a whole.
func (s *search) refused(n int) {
	if s.bad == 0 {
		s.group = max(1, n/2)
	}
	s.bad = n
}

// found is called when the only op of the piece was rejected.
func (s *search) found() {
	s.group = min(s.group, max(1, 2*s.cleared))
	s.cleared = 0
}

// explained is called when n ops at the front leave the search and the bad one may be among them.
func (s *search) explained(n int) {
	s.bad = 0
	s.ops = s.ops[n:]
}

// fork parts the ops that nothing is known about from s, if they are at least so many. The lane in which the
// bad ops end stays whole.
func (s *search) fork(least int) *search {
	at := s.bad + sameLane(s.ops, s.bad)
	if len(s.ops)-at < least {
		return nil
	}
	other := &search{ops: s.ops[at:], group: s.group, attempt: s.attempt}
	s.ops = s.ops[:at:at]
	return other
}

// sameLane returns how many ops from place n on are of the lane of the op before.
func sameLane(ops []*Op, n int) int {
	at := n
	for at < len(ops) && laneOf(ops[at]) == laneOf(ops[at-1]) {
		at++
	}
	return at - n
}

// search begins a search for what is bad in r, which was refused as a whole, or goes on with the search that
// r is a piece of.
func (e *Engine) search(now time.Time, r *Request) {
	e.counts.splits++
	e.retired = append(e.retired, r)
	s := e.unlink(r)
	if s == nil {
		s = &search{ops: r.Ops, bad: len(r.Ops), group: len(r.Ops)}
	} else {
		s.refused(len(r.Ops))
	}
	other := s.fork(max(1, e.composer.limits.ops/forkShare))
	s.attempt = r.Attempt
	e.sendPiece(now, s)
	if other != nil {
		e.sendPiece(now, other)
	}
}

func (e *Engine) sendPiece(now time.Time, s *search) {
	n := s.piece()
	r := &Request{Ops: s.ops[:n:n], Attempt: s.attempt, retry: schedule{due: now}, search: s}
	e.pieces[r] = struct{}{}
	e.again(r)
}

// unlink parts r from its search, nil when it has none.
func (e *Engine) unlink(r *Request) *search {
	s := r.search
	if s != nil {
		delete(e.pieces, r)
		r.search = nil
	}
	return s
}

// explain is called when single ops of r were refused: nothing is known any more about those behind it.
func (e *Engine) explain(r *Request) {
	if s := r.search; s != nil {
		n := e.giveCutBack(r, s.group)
		s.explained(len(r.Ops) + n)
	}
}

// abandon ends the search that r is a piece of. What waits behind r becomes a request of its own.
func (e *Engine) abandon(r *Request) {
	n := e.giveCutBack(r, len(r.Ops)+len(r.behind()))
	rest := r.behind()[n:]
	if s := e.unlink(r); len(rest) > 0 {
		e.again(&Request{Ops: rest, Attempt: s.attempt, retry: schedule{due: r.retry.due}})
	}
}

// giveCutBack gives those of the ops behind r that are of the lane in which r ends back to that lane: it waits
// for r, and may have to wait for a letter. They are suspects, at most limit at a time, so that nothing newer
// of the lane is sent together with them. It returns how many they are.
func (e *Engine) giveCutBack(r *Request, limit int) int {
	n := sameLane(r.all(), len(r.Ops))
	e.giveBack(r.behind()[:n], limit)
	return n
}

// behind returns the ops of a search that wait for the answer to r.
func (r *Request) behind() []*Op { return r.all()[len(r.Ops):] }

// all returns the ops of r and those behind it.
func (r *Request) all() []*Op {
	if r.search == nil {
		return r.Ops
	}
	return r.search.ops
}
