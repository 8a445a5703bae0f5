// Package schema says what a RudderStack event is and reads events from the values of Kafka records.
//
// A value holds one event as a JSON object, an array of events, or the envelope {"batch":[…]} of the
// SDKs' calls; [Decode] tells them apart by what stands there. It reads a value once, checks that it
// is valid JSON and valid UTF-8 to its last byte, and keeps what the mapping needs as [Value]s: raw
// slices of the record, not copied and not converted, so that numbers keep all their digits.
//
// Rules for odd input: keys match exactly; of duplicate keys the last one wins; an escaped surrogate
// without its partner is read as U+FFFD, which is also what RudderStack's own server makes of it.
//
// The package knows neither Kafka nor Customer.io and imports nothing of this module.
package schema
