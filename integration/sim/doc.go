// Package sim runs the whole pipeline (the processor, the mapping, the sink, the client of Customer.io,
// the writer of letters, and the Kafka client under them) in a bubble of testing/synctest: an in-process
// cluster of three brokers, the stand-in Customer.io behind a real HTTP server, and two or three
// processes, each with a network card of its own, over a network in memory. Time is virtual, so a
// minute costs some hundredths of a second.
//
// A schedule is one run under faults. Its plan, what is produced and what is done when, follows from its
// seed alone; the interleaving of goroutines does not, so a schedule that failed may have to be run some
// times until it fails again. Every run's history is judged by package history; besides, a count is kept
// of the things that must have happened somewhere in a set of runs, since runs in which nothing
// interesting happens prove nothing.
//
// A killed process is one whose network card is cut in both directions first and which is stopped then:
// nothing that it does afterwards reaches the world.
//
// The tests are built with the tag synctests, which gives the Kafka client locks that a bubble can see
// through. `make sim` runs many schedules in several processes (see the program in package run), since a
// bubble that hangs takes its process with it.
package sim
