// Package shape renames, drops, keeps, sets and hashes attributes before events are mapped.
package shape

// Options are rules, applied in their order.
type Options struct {
	// HashKey is the key of the HMAC for what is hashed.
	HashKey []byte
	Rules   []Rule
}

// Rule changes the attributes of some events: the traits of identify and group, the properties of
// others. Within a rule keep comes first, then drop, rename, set and hash.
type Rule struct {
	// Types are the types of events it is for; empty: all.
	Types []string
	// Events are the names of the track events it is for; empty: all.
	Events []string
	// Where is an expression that must be true; empty: none.
	Where string

	Keep   []string
	Drop   []string
	Rename []Pair // from a name to a name
	Set    []Pair // a name and an expression
	Hash   []string
}

// Pair is a name and what belongs to it.
type Pair struct{ Name, Value string }
