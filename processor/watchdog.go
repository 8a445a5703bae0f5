package processor

import (
	"time"

	"github.com/pintle-io/pintle/sink"
)

// watchPatience is how long a partition may stand still that has something to do and nothing to wait for.
const watchPatience = 60 * time.Second

// watchInterval is how often it is looked at.
const watchInterval = 5 * time.Second

// stage is what the first unfinished record of a partition waits for.
type stage uint8

const (
	// stageIdle: nothing is to be done, or what holds it up is known and no fault of this process.
	stageIdle stage = iota
	stageReading
	stageTaking
	stageMapping
	stageSink
)

// sight is what is seen of a partition at a look.
type sight struct {
	partition int32
	epoch     uint64
	stage     stage
	offset    int64 // the first that is not finished
	mapping   int64 // that is mapped at the moment, -1: none
	crowded   bool  // nothing is read, for the bytes that are held
	age       time.Duration
}

// watched is what the watchdog knows of a partition.
type watched struct {
	sight
	since   time.Time // when it was first seen like this
	mapped  time.Time // when the record at hand was first seen
	cause   stage     // what it stands still in, and at which record
	record  int64
	place   sink.Place
	placed  bool   // place was seen at the last look
	blocked string // the state that it is blocked in, empty while it is not
	told    int64  // the record that was told of, -1: none
}

// watchdog tells partitions that do not move from those that merely wait. It is a plain type for one
// goroutine at a time.
type watchdog struct {
	parts      map[int32]*watched
	looked     time.Time
	progress   int64
	progressed time.Time // when anything in the process moved last
}

// look takes note of what is seen now and returns the partitions that stand still for too long. progress
// changes when anything in the process moves.
func (w *watchdog) look(now time.Time, progress int64, sights []sight) (still []*watched) {
	if now.Sub(w.looked) > 3*watchInterval { // the process was frozen, or this is the first look
		w.parts, w.progressed = map[int32]*watched{}, now
	}
	if progress != w.progress {
		w.progressed = now
	}
	w.looked, w.progress = now, progress
	parts := make(map[int32]*watched, len(sights))
	for _, s := range sights {
		if s.stage == stageIdle {
			continue
		}
		known := w.parts[s.partition]
		if known == nil || known.epoch != s.epoch {
			known = &watched{since: now, mapped: now, told: -1}
		} else if known.offset != s.offset || known.stage != s.stage {
			known = &watched{since: now, mapped: known.mapped, told: known.told, sight: sight{mapping: known.mapping}}
		}
		if s.mapping < 0 || s.mapping != known.mapping {
			known.mapped = now
		}
		known.sight, known.cause, known.record = s, s.stage, s.offset
		parts[s.partition] = known
		switch {
		case now.Sub(known.mapped) >= watchPatience:
			known.cause, known.record = stageMapping, s.mapping
		case now.Sub(known.since) < watchPatience:
			continue
		}
		still = append(still, known)
	}
	w.parts = parts
	return still
}

// judge decides whether a partition that stands still is blocked. place is where its first unfinished
// record is in the sink, and slack how much longer than others a request may wait for its turn.
func (w *watchdog) judge(now time.Time, p *watched, place sink.Place, slack time.Duration) bool {
	again := p.placed && p.place == place
	p.place, p.placed, p.blocked = place, true, ""
	idle := now.Sub(w.progressed)
	switch p.cause {
	case stageReading:
		return p.blocks("reading", !p.crowded || idle >= watchPatience)
	case stageTaking:
		return p.blocks("taking_up", true)
	case stageMapping:
		return p.blocks("mapping", true)
	default:
	}
	blocked := false
	switch place.State {
	case sink.PlaceAir, sink.PlaceRetry:
		blocked = now.Sub(place.Since) >= watchPatience
	case sink.PlaceQueued:
		blocked = idle >= watchPatience+slack
	case sink.PlaceHeld, sink.PlaceNone: // what comes back at this very moment is in no place
		blocked = again
	case sink.PlaceLetter: // may wait for as long as its topic takes none
	}
	return p.blocks(string(place.State), blocked)
}

func (p *watched) blocks(state string, blocked bool) bool {
	if blocked {
		p.blocked = state
	}
	return blocked
}
