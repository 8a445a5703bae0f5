// Package integration proves the whole: real pintle processes between a broker and the stand-in
// Customer.io, judged only by what the topics and the stand-in hold afterwards.
//
// One scenario suite runs on two kinds of broker: the in-process one (kfake over loopback TCP) and a real
// Apache Kafka. Package kafka starts the real one; where that is not possible the suite says "NOT RUN" with
// the reason, and fails when CI is set. What happens to a cluster of three is told by package brokers. The
// shipped compose file has a scenario of its own. The imports test holds the arrows between the packages.
package integration
