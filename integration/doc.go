// Package integration proves the whole: real pintle processes between a broker and the stand-in
// Customer.io, judged only by what the topics and the stand-in hold afterwards.
//
// One scenario suite runs on three kinds of broker: the in-process one (kfake over loopback TCP),
// one real Apache Kafka broker, and three. Package kafka starts the real ones; where that is not
// possible the suite says "NOT RUN" with the reason, and fails when CI is set. The shipped compose
// file has a scenario of its own. The imports test holds the arrows between the packages.
package integration
