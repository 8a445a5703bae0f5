package shape

// Options are rules, applied in their order.
type Options struct {
	// HashKey is the key of the HMAC-SHA-256 for what is hashed: at least 16 random bytes. It is needed
	// only when a rule hashes.
	HashKey []byte
	Rules   []Rule
}

// Rule changes the attributes of some events: the traits of identify and group, the properties of
// others. Within a rule keep comes first, then drop, rename, set and hash, so that set and hash name
// attributes as rename left them. A text or a list in the place of the attributes goes as a whole
// when the rule has keep, drop or hash, and is left alone otherwise.
type Rule struct {
	// Types are the types of events it is for: identify, track, page, screen or group; empty: all.
	Types []string
	// Events are the names of the track events it is for; empty: all. Blanks around a name do not
	// count. Events of other types it is for only when Types names these.
	Events []string
	// Where is an expression that must be true; empty: none.
	Where string

	// Keep are the attributes that stay while all others go; empty: all stay. Drop are those that go.
	Keep []string
	Drop []string
	// Rename gives attributes other names, one after the other. Where a name is taken both stay.
	Rename []Pair // from a name to a name
	// Set are attributes and the expressions whose results they get, over what was there. A result
	// that is nil sets nothing. What is set goes to the event's own traits, not to its context's.
	Set []Pair // a name and an expression
	// Hash are attributes that are replaced by a hash, a text of 64 hexadecimal digits: of the text,
	// or of the JSON of anything else. Null stays null.
	Hash []string
}

// Pair is a name and what belongs to it.
type Pair struct{ Name, Value string }
