package customerio

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// redacted stands wherever a secret would have been printed.
const redacted = "[redacted]"

// Secret is a text that cannot be printed: every verb of fmt, JSON, YAML, text and slog show
// "[redacted]" in its place. It hides behind a pointer because fmt does not ask an unexported field
// how it wants to be shown; so a struct that keeps a Secret in one is safe to print as well.
// The zero Secret is empty. Secrets are safe for concurrent use once made.
type Secret struct{ text *string }

// NewSecret returns a Secret that holds text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// Reveal returns the text. Call it where the text leaves for the wire, nowhere else.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.text == nil }

// Equal reports whether both secrets hold the same text, in a time that depends on its length alone.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns "[redacted]".
func (s Secret) String() string { return redacted }

// GoString returns "[redacted]".
func (s Secret) GoString() string { return redacted }

// Format writes "[redacted]", whatever the verb and its flags.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns "[redacted]". JSON and YAML encoders call it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText sets the secret, so that decoders of configuration can fill it.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// LogValue returns "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// encoded is what basic authentication makes of credentials.
func encoded(siteID, apiKey Secret) string {
	return base64.StdEncoding.EncodeToString([]byte(siteID.Reveal() + ":" + apiKey.Reveal()))
}

// leastHushed is the length of the shortest credentials that are taken out of answers. Real ones have 20
// characters; what is shorter may stand in any answer for another reason.
const leastHushed = 8

// newHush returns what takes credentials out of a text: answers go into letters, and somebody between may
// quote what they were sent.
func newHush(siteID, apiKey Secret) *strings.Replacer {
	var pairs []string
	for _, text := range []string{encoded(siteID, apiKey), apiKey.Reveal(), siteID.Reveal()} {
		if len(text) >= leastHushed {
			pairs = append(pairs, text, redacted)
		}
	}
	return strings.NewReplacer(pairs...)
}
