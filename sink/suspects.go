package sink

import "slices"

// suspects are the ops at the head of a lane that were part of requests which were refused or failed as a
// whole. They are kept by request, the one at the head last, and travel without other lanes, without those of
// another request, and at most so many at a time: what goes again goes with nothing that it did not go with before.
type suspects []suspected

type suspected struct{ ops, most int }

// add puts ops before all others.
func (s *suspects) add(ops, most int) { *s = append(*s, suspected{ops, most}) }

// next is how many ops the next request of the lane may take; 0 when there are no suspects.
func (s suspects) next() int {
	if len(s) == 0 {
		return 0
	}
	head := s[len(s)-1]
	return min(head.ops, head.most)
}

// most is how many of the ops at the head may travel at a time.
func (s suspects) most() int { return s[len(s)-1].most }

// taken is called when a request of suspects was: twice as many may go the next time.
func (s suspects) taken() {
	if len(s) > 0 {
		s[len(s)-1].most *= 2
	}
}

// leave is called when the op at a place of the lane, from 0, leaves it.
func (s *suspects) leave(place int) {
	for i, group := range slices.Backward(*s) {
		if place < group.ops {
			(*s)[i].ops--
			if group.ops == 1 {
				*s = slices.Delete(*s, i, i+1)
			}
			return
		}
		place -= group.ops
	}
}
