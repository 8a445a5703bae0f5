package history

import "time"

type badHistory struct {
	want []string
	tell func(*story)
}

// badHistories are those that the checker must refuse, each for what it is named after.
func badHistories() map[string]badHistory {
	one := func(invariant string, tell func(*story)) badHistory { return badHistory{[]string{invariant}, tell} }
	return map[string]badHistory{
		"never sent": one("I1", func(s *story) { s.produce(track("u")).gain("p") }),
		"committed before it is delivered": one("I1", func(s *story) {
			s.produce(track("u")).gain("p").commit("p", 1).deliver("p", 1)
		}),
		"committed past one in the middle": one("I1", func(s *story) {
			s.produce(track("u"), track("v"), track("w")).gain("p").deliver("p", 1).deliver("p", 3).commit("p", 3)
			s.gain("q").deliver("q", 2)
		}),
		"committed before the answer": one("I1", func(s *story) {
			s.produce(track("u")).gain("p")
			r := s.arrive("p", 1)
			s.store(r, 1)
			s.commit("p", 1)
			s.answer(r, 200)
		}),
		"an error taken for success": one("I1", func(s *story) {
			s.produce(track("u")).gain("p")
			s.answer(s.arrive("p", 1), 500)
			s.commit("p", 1)
		}),
		"an answer of 200 that is somebody else's taken for success": one("I1", func(s *story) {
			s.produce(track("u")).gain("p")
			r := s.arrive("p", 1)
			s.store(r, 1)
			s.add(Entry{Answer: &Answer{Request: r, Status: 200}})
			s.commit("p", 1)
		}),
		"a refusal without its letter": one("I1", func(s *story) {
			s.produce(rejected()).gain("p").refuse("p").commit("p", 1)
		}),
		"committed before the letter is safe": one("I1", func(s *story) {
			s.produce(garbage()).gain("p").commit("p", 1).letter("p", 1)
		}),
		"part of a batch": one("I1", func(s *story) {
			s.batch(track("u"), track("v")).gain("p").deliver("p", 1).commit("p", 1)
		}),
		"called finished ahead of its delivery": one("I1", func(s *story) {
			s.produce(track("u"), track("v")).gain("p").commit("p", 0, 1).gain("q").deliver("q", 1, 2)
		}),
		"called finished where nothing is": one("I1", func(s *story) {
			s.produce(track("u")).gain("p").commit("p", 0, 7).deliver("p", 1)
		}),

		"out of order": one("I2a", func(s *story) {
			s.produce(track("u"), track("u")).gain("p").deliver("p", 2).deliver("p", 1).commit("p", 2)
		}),
		"out of order within a request": one("I2a", func(s *story) {
			s.produce(track("u"), track("u")).gain("p").deliver("p", 2, 1).commit("p", 2)
		}),
		"the one after a refusal first": one("I2a", func(s *story) {
			s.produce(rejected(), track("u")).gain("p").deliver("p", 2).refuse("p").letter("p", 1).commit("p", 2)
		}),

		"sent again without a cause": one("I2a'", func(s *story) {
			s.produce(track("u")).gain("p").deliver("p", 1).deliver("p", 1).commit("p", 1)
		}),
		"sent again below the commit": one("I2a'", func(s *story) {
			s.produce(track("u")).gain("p").deliver("p", 1).commit("p", 1).give().gain("q").deliver("q", 1)
		}),
		"sent again though finished beyond": one("I2a'", func(s *story) {
			s.produce(track("u"), track("v")).gain("p").deliver("p", 2).commit("p", 0, 1).give()
			s.gain("q").deliver("q", 1, 2).commit("q", 2)
		}),

		"an older state last": one("I2b", func(s *story) {
			s.produce(identify(), identify()).gain("p")
			s.store(s.arrive("p", 1), 1) // its answer is lost
			s.deliver("p", 1).deliver("p", 2)
			s.store(1, 1) // and the request comes out of the network again
			s.commit("p", 2)
		}),

		"a newer one with what goes again": one("I2d", func(s *story) {
			s.produce(track("u"), track("u")).gain("p")
			s.arrive("p", 1)
			s.deliver("p", 1, 2).commit("p", 2)
		}),
		"a newer one after an answer that tells nothing": one("I2d", func(s *story) {
			s.produce(track("u"), track("u")).gain("p")
			r := s.arrive("p", 1)
			s.store(r, 1)
			s.answer(r, 503)
			s.deliver("p", 1, 2).commit("p", 2)
		}),
		"a newer one before the letter is safe": one("I2d", func(s *story) {
			s.produce(rejected(), track("u")).gain("q").refuse("q").deliver("q", 2).letter("q", 1).commit("q", 2)
		}),
		"a member that was replaced sends on": one("I2c", func(s *story) {
			s.produce(track("u"), track("v")).gain("p").gain("q").deliver("q", 1).deliver("p", 2).commit("q", 2)
		}),
		"a member that never owned it sends": one("I2c", func(s *story) {
			s.produce(track("u")).gain("q").deliver("p", 1).commit("q", 1)
		}),

		"the group goes back": one("I3", func(s *story) {
			s.produce(track("u"), track("u")).gain("p").deliver("p", 1, 2).commit("p", 2).commit("p", 1)
		}),
		"past the end": one("I3", func(s *story) {
			s.produce(track("u")).gain("p").deliver("p", 1).commit("p", 2)
		}),
		"by somebody else": one("I3", func(s *story) {
			s.produce(track("u")).gain("p").deliver("p", 1).gain("q").commit("p", 1)
		}),
		"after it was given back": one("I3", func(s *story) {
			s.produce(track("u")).gain("p").deliver("p", 1).give().commit("p", 1)
		}),

		"more bytes than its bound": one("I4", func(s *story) {
			s.books(Books{By: "p", Held: 2, Bound: 1})
		}),

		"a letter with other bytes": one("I5", func(s *story) {
			s.produce(garbage()).gain("p").letter("p", 1).commit("p", 1)
			l := s.kept(1)
			l.Record.Value = []byte{}
			s.add(Entry{Letter: l})
		}),
		"a letter without the key": one("I5", func(s *story) {
			s.produce(garbage()).gain("p").letter("p", 1).commit("p", 1)
			l := s.kept(1)
			l.Record.Key = nil
			s.add(Entry{Letter: l})
		}),
		"a letter with another header": one("I5", func(s *story) {
			s.produce(garbage()).gain("p").letter("p", 1).commit("p", 1)
			l := s.kept(1)
			l.Record.Headers = []Header{{Key: "h"}}
			s.add(Entry{Letter: l})
		}),
		"a letter for another reason": one("I5", func(s *story) {
			s.produce(garbage()).gain("p").letter("p", 1).commit("p", 1)
			l := s.kept(1)
			l.Reason = "invalid"
			s.add(Entry{Letter: l})
		}),
		"a letter of nothing": one("I5", func(s *story) {
			s.produce(garbage()).gain("p").letter("p", 1).commit("p", 1)
			l := s.kept(1)
			l.Offset = 9
			s.add(Entry{Letter: l})
		}),
		"an acknowledged letter that is not there": one("I5", func(s *story) {
			s.produce(garbage()).gain("p")
			s.add(Entry{Written: &Written{By: "p"}})
			s.commit("p", 1)
		}),
		"delivered, and was to be filtered": one("I5", func(s *story) {
			s.produce(filtered("u")).gain("p").deliver("p", 1).commit("p", 1)
		}),

		"a secret in a log": one("I6", func(s *story) {
			s.add(Entry{Leak: &Leak{By: "p", Where: "log", Text: "canary"}})
		}),

		"a letter for an outage": one("I7", func(s *story) {
			s.produce(track("u")).gain("p").letter("p", 1).deliver("p", 1).commit("p", 1)
		}),

		"a stop that takes too long": one("I8", func(s *story) {
			s.process(Process{By: "p", What: Stopping, Limit: time.Microsecond}).process(Process{By: "p", What: Ended})
		}),
		"a stop without an end":        one("I8", func(s *story) { s.process(Process{By: "p", What: Stopping}) }),
		"an end that nobody asked for": one("I8", func(s *story) { s.process(Process{By: "p", What: Ended}) }),
		"an end with an error": one("I8", func(s *story) {
			s.process(Process{By: "p", What: Stopping}).process(Process{By: "p", What: Ended, Error: "no"})
		}),

		"two ids of one event": one("I9", func(s *story) {
			s.produce(track("u")).gain("p")
			s.store(s.arrive("p", 1), 1)
			s.deliver("p", 1).commit("p", 1)
			s.list[4].Arrival.Items[0].ID = "another"
		}),
		"two forms of one event": one("I9", func(s *story) {
			s.produce(track("u")).gain("p")
			s.store(s.arrive("p", 1), 1)
			s.deliver("p", 1).commit("p", 1)
			s.list[4].Arrival.Items[0].Digest = 77
		}),
		"one id of two events": one("I9", func(s *story) {
			s.produce(track("u"), track("u")).gain("p").deliver("p", 1, 2).commit("p", 2)
			s.list[3].Arrival.Items[1].ID = s.list[3].Arrival.Items[0].ID
		}),
		"an event that nobody produced": one("I9", func(s *story) { s.gain("p").deliver("p", 9) }),

		"a pause cut short": one("I11", func(s *story) {
			s.produce(track("u")).gain("p").throttle(1, 3*time.Second).wait(2*time.Second).deliver("p", 1).commit("p", 1)
		}),
		"a later, shorter pause taken for the whole": one("I11", func(s *story) {
			s.produce(track("u"), track("v")).gain("p").throttle(1, 5*time.Second).throttle(2, time.Second)
			s.wait(2*time.Second).deliver("p", 1, 2).commit("p", 2)
		}),

		"a loss that nobody reported": one("I12", func(s *story) {
			s.produce(track("u"), track("v")).gain("p").gone(1).deliver("p", 2).commit("p", 2)
		}),
		"a loss that was reported in part": one("I12", func(s *story) {
			s.produce(track("u"), track("v"), track("w")).gain("p").gone(2).gap(0, 1).deliver("p", 3).commit("p", 3)
		}),
		"a loss that is none": one("I12", func(s *story) {
			s.produce(track("u"), track("v")).gain("p").gap(0, 1).deliver("p", 1, 2).commit("p", 2)
		}),
		"more reported than is lost": one("I12", func(s *story) {
			s.produce(track("u"), track("v"), track("w")).gain("p").gone(1).gap(0, 2).deliver("p", 2, 3).commit("p", 3)
		}),

		"books that do not balance": one("I13", func(s *story) { s.books(Books{By: "p", Consumed: 1}) }),
		"counted twice": one("I13", func(s *story) {
			s.produce(track("u")).gain("p").deliver("p", 1).commit("p", 1)
			s.books(Books{By: "p", Consumed: 2, Delivered: 2, Final: true})
		}),
		"a letter counted that was not written": one("I13", func(s *story) {
			s.books(Books{By: "p", Consumed: 1, DeadLettered: 1, Final: true})
		}),
		"in flight at the end": one("I13", func(s *story) {
			s.books(Books{By: "p", Consumed: 1, InFlight: 1, Final: true})
		}),
	}
}
