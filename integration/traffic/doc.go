// Package traffic multiplies the real events of schema/events over many users, and produces them the
// way RudderStack's server does: the bare event as the value, the user id (or else the anonymous id)
// as the key, and the partition by FNV-1a of the key.
//
// What tells people and events apart is replaced (ids, e-mail addresses, device tokens, message ids,
// times that rise with the event's number); everything else is as the SDKs made it. Each event
// carries its number as _seq, in its traits when it is an identify and else in its properties, so
// that a test can find it again at the destination and see its place in the order.
package traffic
