package history

import (
	"fmt"
	"time"
)

// pending is I2d: a user's newer events wait until what was sent before has been answered, or lies safely in
// a letter. A request whose answer is missing goes again as it was, therefore, with nothing newer in it.
type pending struct {
	lines    map[line]map[int]*sent
	releases map[string][]release
	doubts   []doubt
}

// line is what one life sends of one user.
type line struct{ by, user string }

// sent is an event that was sent and what is known of it.
type sent struct {
	tenure  int
	settled bool
	// What it was sent with last, and when.
	with []int32
	at   time.Duration
}

// release is a partition that a life owned no more.
type release struct {
	partition int32
	at        time.Duration
}

// doubt is a violation, unless the older event was in a request with others of a partition that the life had
// to give up: such a request cannot go again as it was. When that began, the history does not say; it says
// when it was over.
type doubt struct {
	by   string
	old  sent
	at   time.Duration
	text string
}

// handOver is how long after a request was taken apart its partition may be given back.
const handOver = 30 * time.Second

func (r *pending) see(w *world, e *Entry) {
	if r.lines == nil {
		r.lines, r.releases = map[line]map[int]*sent{}, map[string][]release{}
	}
	switch {
	case e.Arrival != nil:
		r.arrive(w, e.Arrival)
	case e.Answer != nil && (e.Answer.Success || e.Answer.Status/100 == 4 && e.Answer.Status != 408):
		r.answered(w, e.Answer.Request)
	case e.Written != nil:
		if ev := w.letterOf(e.Written.Place, e.Written.Op); ev != nil {
			r.settle(line{e.Written.By, ev.User}, ev.Seq)
		}
	case e.Ownership != nil && e.Ownership.Gained:
		r.release(w.owners[e.Ownership.Partition], e.Ownership.Partition, w.at)
	case e.Ownership != nil:
		r.release(e.Ownership.By, e.Ownership.Partition, w.at)
	}
}

func (r *pending) release(by string, partition int32, at time.Duration) {
	r.releases[by] = append(r.releases[by], release{partition, at})
}

func (r *pending) arrive(w *world, a *Arrival) {
	var list []*event
	var with []int32
	for _, it := range a.Items {
		if ev := w.events[it.Seq]; ev != nil && ev.User != "" {
			list, with = append(list, ev), append(with, ev.record.Partition)
		}
	}
	for _, ev := range list {
		if r.of(a.By, ev, w) == nil {
			r.judge(w, a, ev)
		}
	}
	for _, ev := range list {
		s := r.of(a.By, ev, w)
		if s == nil {
			s = &sent{tenure: w.tenure[ev.record.Partition]}
			key := line{a.By, ev.User}
			if r.lines[key] == nil {
				r.lines[key] = map[int]*sent{}
			}
			r.lines[key][ev.Seq] = s
		}
		s.with, s.at = with, w.at
	}
}

// of is what a life has sent of an event in the present tenure, nil when nothing.
func (r *pending) of(by string, ev *event, w *world) *sent {
	if s := r.lines[line{by, ev.User}][ev.Seq]; s != nil && s.tenure == w.tenure[ev.record.Partition] {
		return s
	}
	return nil
}

// judge looks for what should have kept an event from being sent.
func (r *pending) judge(w *world, a *Arrival, ev *event) {
	for seq, s := range r.lines[line{a.By, ev.User}] {
		if seq < ev.Seq && !s.settled && s.tenure == w.tenure[ev.record.Partition] {
			r.doubts = append(r.doubts, doubt{a.By, *s, w.at, fmt.Sprintf(
				"%s sent %s before it knew what had become of event %d of the same user", a.By, ev, seq)})
		}
	}
}

// answered settles what a request brought, but for what was refused: that waits for its letter.
func (r *pending) answered(w *world, request int) {
	req := w.request[request]
	if req == nil {
		return
	}
	refused := map[int]bool{}
	if req.applied != nil {
		for _, seq := range req.applied.Refused {
			refused[seq] = true
		}
	}
	for _, it := range req.Items {
		if ev := w.events[it.Seq]; ev != nil && !refused[it.Seq] {
			r.settle(line{req.By, ev.User}, it.Seq)
		}
	}
}

func (r *pending) settle(l line, seq int) {
	if s := r.lines[l][seq]; s != nil {
		s.settled = true
	}
}

func (r *pending) end(w *world) {
	for _, d := range r.doubts {
		if !r.excused(d) {
			w.at = d.at
			w.fail("I2d", "%s", d.text)
		}
	}
}

func (r *pending) excused(d doubt) bool {
	for _, gone := range r.releases[d.by] {
		for _, partition := range d.old.with {
			if gone.partition == partition && gone.at >= d.old.at && gone.at <= d.at+handOver {
				return true
			}
		}
	}
	return false
}
