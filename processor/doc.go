// Package processor takes events from a Kafka topic through the mapping into the sink, and settles
// their offsets.
//
// Its guarantee: the committed offset of a partition never passes a record whose events are not all
// delivered, filtered on purpose, or acknowledged by the broker in the dead-letter topic. Records of
// one partition are decoded and mapped in their order, by one goroutine, the partition's owner.
//
// An owner belongs to one assignment and carries a process-wide increasing epoch. When the assignment
// ends, its work is drained, its offset committed, and its epoch ended, in this order; what comes back
// later under an ended epoch is counted and ignored. The client does not fence late results: we do.
//
// The decisions ([Tracker], the flow control, the ledger) are plain types; goroutines surround them.
package processor
