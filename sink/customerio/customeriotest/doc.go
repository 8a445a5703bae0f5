// Package customeriotest is a strict stand-in for Customer.io's Track API, for tests, the demo and
// benchmarks. It takes what the service takes, refuses what the service is known to refuse, and makes
// visible what the service would lose without a word: an operation that is accepted and then has no
// effect is a drop, one that is accepted and does damage is a warning. A clean run has neither.
//
// It shares no code with the client of package customerio, on purpose: an error in the client's idea
// of the API must not be repeated here. Where the service's answer is not published the stand-in's is
// a choice, which Settings can change.
//
// A Server has two handlers: the data plane, which is the API, and the control plane, by which tests
// in other processes do what tests in this process do with the Server's methods.
package customeriotest
