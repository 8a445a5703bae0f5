package customerio

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

const hidden = "s3cr3t-value"

func TestSecretCannotBePrinted(t *testing.T) {
	type open struct{ Key Secret }
	type closed struct{ key Secret }
	s := NewSecret(hidden)
	values := map[string]any{
		"secret": s, "pointer": &s, "open": open{s}, "closed": closed{s}, "open pointer": &open{s},
		"slice": []Secret{s}, "map": map[string]Secret{"k": s}, "nested": []any{map[string]any{"k": closed{s}}},
	}
	forbidden := []string{hidden, fmt.Sprintf("%x", hidden), fmt.Sprintf("%X", hidden), fmt.Sprintf("%d", []byte(hidden))}
	for name, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%10.3s", "%T", "%p"} {
			got := fmt.Sprintf(verb, v)
			for _, f := range forbidden {
				if strings.Contains(got, f) {
					t.Errorf("%s of %s prints the secret: %s", verb, name, got)
				}
			}
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, s); got != redacted {
			t.Errorf("%s = %q, want %q", verb, got, redacted)
		}
	}
}

func TestSecretCannotBeEncoded(t *testing.T) {
	v := struct {
		Key Secret `json:"key" yaml:"key"`
	}{NewSecret(hidden)}
	asJSON, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", slog.Any("key", v.Key), slog.Any("struct", v))
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", slog.Any("key", v.Key), slog.Any("struct", v))
	for _, got := range []string{string(asJSON), string(asYAML), log.String()} {
		if strings.Contains(got, hidden) || !strings.Contains(got, redacted) {
			t.Errorf("encoded as %s", got)
		}
	}
}

func TestSecretHoldsItsText(t *testing.T) {
	var s Secret
	if !s.IsZero() || s.Reveal() != "" || !s.Equal(NewSecret("")) {
		t.Error("the zero secret is not empty")
	}
	if err := json.Unmarshal([]byte(`"`+hidden+`"`), &s); err != nil {
		t.Fatal(err)
	}
	if got := s.Reveal(); got != hidden {
		t.Errorf("Reveal() = %q, want %q", got, hidden)
	}
	if s.IsZero() || s.Equal(NewSecret("other")) || !cmp.Equal(s, NewSecret(hidden)) {
		t.Error("comparison is wrong")
	}
}
