// Package sink sends operations to a destination: in order per key, in few large requests, through
// any outage, and with a verdict for every single one.
//
// Its guarantee: the operations of one ordering key are first sent in the order in which they were
// submitted, one request at a time per key, and each operation ends in exactly one [Result] unless
// its epoch is dropped. An outage never rejects an operation: it is held until the destination
// answers again.
//
// The decisions live in plain types without goroutines, I/O or clock of their own ([Engine] and the
// parts it is made of); [Dispatcher] is the thin shell of goroutines around them. The package knows
// neither Kafka nor Customer.io: the wire belongs to a [Sender].
package sink
