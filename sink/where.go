package sink

import "time"

// Place is where an op is, for whoever looks why it does not move.
type Place struct {
	State PlaceState
	// Lane is the number of its lane.
	Lane int
	// Since is when its request was sent or goes again, or that of the op of its lane that it waits for.
	// It is zero for the other states.
	Since time.Time
}

// PlaceState is a stable code for a [Place].
type PlaceState string

// The states of a place.
const (
	// PlaceNone: the sink does not have the op.
	PlaceNone PlaceState = "nowhere"
	// PlaceQueued: its lane waits for its turn.
	PlaceQueued PlaceState = "queued"
	// PlaceAir: a request of its lane is in the air.
	PlaceAir PlaceState = "in_the_air"
	// PlaceRetry: a request of its lane goes again later.
	PlaceRetry PlaceState = "goes_again"
	// PlaceLetter: its lane waits for a letter.
	PlaceLetter PlaceState = "letter"
	// PlaceHeld: its lane waits, and nobody knows for what.
	PlaceHeld PlaceState = "lane_held"
)

// Where returns where the first op is that match accepts. It looks at every op that the sink has, so it is
// for rare questions; match is called with a lock held and must be quick.
func (d *Dispatcher) Where(match func(*Op) bool) Place {
	d.mu.Lock()
	defer d.mu.Unlock()
	lane, found := d.engine.laneWhere(match)
	for f := range d.air {
		if f.answered {
			continue // its ops belong to whoever settles them
		}
		for _, op := range f.request.all() {
			if !found && match(op) {
				lane, found = laneOf(op), true
			}
		}
	}
	if !found {
		return Place{State: PlaceNone}
	}
	for f := range d.air {
		if !f.answered && f.request.holds(lane) {
			return Place{State: PlaceAir, Lane: lane, Since: f.since}
		}
	}
	return d.engine.place(lane)
}

// laneWhere returns the lane of the first op that match accepts, but for those in the air.
func (e *Engine) laneWhere(match func(*Op) bool) (lane int, found bool) {
	for _, r := range e.waiting {
		for _, op := range r.all() {
			if match(op) {
				return laneOf(op), true
			}
		}
	}
	for i := range e.lanes.all {
		for op := e.lanes.all[i].head; op != nil; op = op.next {
			if match(op) {
				return i, true
			}
		}
	}
	return 0, false
}

// place tells what a lane waits for that has nothing in the air.
func (e *Engine) place(lane int) Place {
	for _, r := range e.waiting {
		if r.holds(lane) {
			return Place{State: PlaceRetry, Lane: lane, Since: r.retry.due}
		}
	}
	for op := range e.letters {
		if laneOf(op) == lane {
			return Place{State: PlaceLetter, Lane: lane}
		}
	}
	if e.lanes.all[lane].held > 0 {
		return Place{State: PlaceHeld, Lane: lane}
	}
	return Place{State: PlaceQueued, Lane: lane}
}

func (r *Request) holds(lane int) bool {
	for _, op := range r.all() {
		if laneOf(op) == lane {
			return true
		}
	}
	return false
}
