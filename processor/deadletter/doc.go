// Package deadletter keeps what could not be delivered: it writes each failed record, byte for byte,
// into a Kafka topic, with headers that say where it came from, what went wrong and when.
//
// A [Letter] is one such record. Its key, value, headers and timestamp are the original's; its
// partition is the original's modulo the number of the dead-letter topic's partitions, so that the
// letters of one source partition stay in order. The headers that are added, see the Header
// constants, are text, hold at most [MaxHeaderBytes] together, and take the place of headers of the
// same name, so that they do not pile up however often a record fails.
//
// The names that begin with "__dlq.errors." are those of Kafka's share groups (KIP-1191); tools that
// know them show a letter's origin without knowing pintle.
//
// A letter quotes what the destination said about the event, and with it perhaps a personal value:
// the topic deserves the same protection as the source.
//
// [Writer] gives up on no letter: while the topic is missing or refuses, the letters wait, and so
// does whatever waits for their acknowledgement. That is how nothing is lost. [ReadAll] reads letters
// back.
package deadletter
