// Package customerio is the wire of Customer.io's Track API: it writes operations as items of a v2
// batch, carries them there (or, one by one, to the older v1 endpoints when they are too large for a
// batch), and says what each answer means.
//
// The encoding half ([Encoder]) is pure: it joins raw JSON values that the caller vouches for and
// allocates nothing but the item. The sending half is [Client].
//
// The rules are those of Customer.io's OpenAPI description of the Track API, state of August 2026.
package customerio
