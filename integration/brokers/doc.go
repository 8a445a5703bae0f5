// Package brokers is the tier of the proof on real brokers: three brokers of Apache Kafka, and on them two
// groups of three processes of the shipped binary each, one by the classic protocol and one by that of
// KIP-848, each with a stand-in Customer.io and a steady load of its own. One scenario after another breaks
// the cluster, while the load goes on.
//
// Each group has one history. The test sees what the destination saw. What the brokers saw it reads at the
// end: letters and input from their topics, commits and ownership from the topic in which Kafka keeps what
// the coordinators of groups know. Package history judges, as in the other tiers.
//
// `make brokers` takes the durations that the faults have in earnest; without the flag -long they are as
// short as they can be and still be faults.
package brokers
