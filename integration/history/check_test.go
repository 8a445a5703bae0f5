package history

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGoodHistories(t *testing.T) {
	for name, tell := range map[string]func(*story){
		"plain": func(s *story) {
			s.produce(identify(), track("u"), track("v")).gain("p").deliver("p", 1, 2, 3).commit("p", 3)
		},
		"out of order between users": func(s *story) {
			s.produce(track("u"), track("v")).gain("p").deliver("p", 2).commit("p", 0, 1).deliver("p", 1).commit("p", 2)
		},
		"filtered and undecodable": func(s *story) {
			s.produce(filtered("u"), garbage(), track("u")).gain("p").letter("p", 2).deliver("p", 3).commit("p", 3)
		},
		"refused, then the rest": func(s *story) {
			s.produce(rejected(), track("u")).gain("p").refuse("p").letter("p", 1).deliver("p", 2).commit("p", 2)
		},
		"refused and stored in one request": func(s *story) {
			s.produce(rejected(), track("u")).gain("p")
			r := s.arrive("p", 1, 2)
			s.add(Entry{Applied: &Applied{Request: r, Stored: []int{2}, Refused: []int{1}}})
			s.answer(r, 207)
			s.letter("p", 1).commit("p", 2)
		},
		"sent again as no answer came": func(s *story) {
			s.produce(track("u")).gain("p")
			s.store(s.arrive("p", 1), 1)
			s.deliver("p", 1).commit("p", 1)
		},
		"sent again as the answer was odd": func(s *story) {
			s.produce(track("u")).gain("p")
			r := s.arrive("p", 1)
			s.store(r, 1)
			s.add(Entry{Answer: &Answer{Request: r, Status: 200, Success: true, Unclear: true}})
			s.deliver("p", 1).commit("p", 1)
		},
		"sent again by the next owner": func(s *story) {
			s.produce(identify(), identify()).gain("p").deliver("p", 1, 2)
			s.process(Process{By: "p", What: Killed}).gain("q").deliver("q", 1, 2).commit("q", 2)
		},
		"sent again as its answer came when its partition had come back": func(s *story) {
			s.produce(track("u")).gain("p")
			r := s.arrive("p", 1)
			s.give().gain("q").gain("p")
			s.store(r, 1)
			s.answer(r, 200)
			s.deliver("p", 1).commit("p", 1)
		},
		"sent again with newer ones, while what it was sent with is given back": func(s *story) {
			s.produce(track("u"), track("u")).gain("p")
			s.arrive("p", 1)
			s.deliver("p", 1, 2).commit("p", 2).give()
		},
		"finished beyond, skipped by the next owner": func(s *story) {
			s.produce(track("u"), track("v")).gain("p").deliver("p", 2).commit("p", 0, 1).give()
			s.gain("q").deliver("q", 1).commit("q", 2)
		},
		"a commit that was refused": func(s *story) {
			s.produce(track("u")).gain("p").deliver("p", 1).gain("q")
			s.add(Entry{Commit: &Commit{By: "p", Place: Place{0, 1}, Code: 25}})
			s.deliver("q", 1).commit("q", 1)
		},
		"a batch": func(s *story) {
			s.batch(track("u"), filtered("u"), track("v")).gain("p").deliver("p", 1).deliver("p", 3).commit("p", 1)
		},
		"a stop, and books that balance": func(s *story) {
			s.produce(track("u"), garbage()).gain("p").process(Process{By: "p", What: Started}).deliver("p", 1).letter("p", 2).commit("p", 2)
			s.process(Process{By: "p", What: Stopping, Limit: time.Second})
			s.books(Books{By: "p", Consumed: 2, Delivered: 1, DeadLettered: 1, Final: true})
			s.process(Process{By: "p", What: Ended})
		},
		"a pause": func(s *story) {
			s.produce(track("u")).gain("p").throttle(1, time.Second).wait(time.Second).deliver("p", 1).commit("p", 1)
		},
		"a request that was in the air when a pause was asked for": func(s *story) {
			s.produce(track("u"), track("v")).gain("p").throttle(1, time.Second).deliver("p", 2)
			s.wait(time.Second).deliver("p", 1).commit("p", 2)
		},
		"another process knows nothing of a pause": func(s *story) {
			s.produce(track("u")).gain("p").throttle(1, time.Minute).wait(2*time.Second).gain("q").deliver("q", 1).commit("q", 1)
		},
		"a loss that was reported": func(s *story) {
			s.produce(identify(), identify(), track("v")).gain("p").deliver("p", 1).commit("p", 1)
			s.gone(2).gap(1, 2).deliver("p", 3).commit("p", 3)
		},
		"deleted after it was delivered": func(s *story) {
			s.produce(track("u"), track("v")).gain("p").deliver("p", 1, 2).gone(2).commit("p", 2)
		},
		"a letter written twice": func(s *story) {
			s.produce(garbage()).gain("p").letter("p", 1).gain("q").letter("q", 1).commit("q", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var s story
			tell(&s)
			if found := Check(s.list); len(found) > 0 {
				t.Errorf("a good history is refused: %v", found)
			}
		})
	}
}

func TestBadHistories(t *testing.T) {
	for name, c := range badHistories() {
		t.Run(name, func(t *testing.T) {
			var s story
			c.tell(&s)
			found := Check(s.list)
			var got []string
			for _, v := range found {
				got = append(got, v.Invariant)
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, slices.Compact(got)); diff != "" {
				t.Errorf("invariants (-want +got):\n%s%v", diff, found)
			}
		})
	}
}

func TestFewViolationsOfOneKindAreTold(t *testing.T) {
	var s story
	for range 50 {
		s.produce(track("u"))
	}
	if n := len(Check(s.list)); n != most {
		t.Errorf("%d violations are told, want %d", n, most)
	}
}
