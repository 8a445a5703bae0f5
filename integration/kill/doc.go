// Package kill is the process tier of the proof: the shipped binary over TCP, between the in-process
// broker and the stand-in Customer.io, killed at random moments and at chosen ones, asked to stop in
// every state, frozen while another takes over, and starved of descriptors and of a log.
//
// The broker and the stand-in live in the test, so that it sees every request before it has an effect,
// and every answer before and after it is written. A [moment] is such a point; a test arms one, and the
// process is gone before the point is passed. Everything that happened goes into one history, which
// package history judges: the tests themselves only make things happen, see that they did, and measure.
//
// `make kill RUNS=1000` kills as often as one asks.
package kill
