// Package transform says what a RudderStack event becomes at Customer.io: which operations, about
// whom, at what time and under which id. It is pure: no I/O, no clock, no state from one event to
// the next. The same event of the same record always becomes the same bytes.
//
// The rules are those of RudderStack's guide for this destination, less the faults of the code that
// stands behind it. Each of them is shown by a file in testdata/guide: event in, operation out.
//
// Every event ends in an [Outcome]. Nothing is dropped in silence: what is left out or altered on
// the way is told as a [Change].
package transform
