package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const secretText = "hunter2-correct-horse"

// spelling writes a value in one of the ways of YAML; in flow style some are not possible.
func spelling(t *rapid.T, value, indent string, flow bool) string {
	ways := []string{"%s", `"%s"`, `'%s'`, "!!str %s", "&a %s", `["%s"]`, `["a", %s]`, "{a: %s}", `"b \" %s"`}
	if !flow {
		ways = append(ways, "|\n"+indent+"  %s", "|-\n"+indent+"  a: b\n"+indent+"  %s # c", ">\n"+indent+"  a\n\n"+indent+"  %s",
			"a\n"+indent+"  %s", "\"a\n"+indent+"  %s\"", "%s # %[1]s", "\n"+indent+"- %s", "\n"+indent+"  %s")
	}
	return fmt.Sprintf(rapid.SampledFrom(ways).Draw(t, "spelling"), value)
}

// group writes a group of keys in block or flow style.
func group(t *rapid.T, name string, keys []string) string {
	if rapid.IntRange(0, 9).Draw(t, "in its place") == 0 {
		return name + ": " + spelling(t, secretText, "  ", false) + "\n"
	}
	flow := rapid.Bool().Draw(t, "flow")
	var parts []string
	for _, key := range rapid.Permutation(keys).Draw(t, "order") {
		value := rapid.SampledFrom([]string{"1", "us", "nonsense", "''", "[a, b]"}).Draw(t, key)
		if key == "rules" { // names and expressions are shown, and what stands beside them is not
			value = rapid.SampledFrom([]string{
				"1", "[{set: {token: a, b: 'c'}, where: x}]", "[{where: 'a@b', set: }]", "{set: {a: b}}", "[{rename: {token: a, token: b}, hash: [a]}]",
			}).Draw(t, key)
		}
		if secretKey(key) || key == "endpont" {
			value = spelling(t, secretText, "  ", flow)
		}
		if key == "endpoint" {
			value = spelling(t, rapid.SampledFrom([]string{"https://x/?a=", "https://x/a#", "ftp://x/", "https://u:p@x/"}).Draw(t, "address")+secretText, "  ", flow)
		}
		parts = append(parts, key+": "+value)
	}
	if flow {
		return name + ": {" + strings.Join(parts, ", ") + "}\n"
	}
	return name + ":\n  " + strings.Join(parts, "\n  ") + "\n"
}

// TestNoSecretIsEverShown writes files full of faults around secrets in all spellings, sound and
// broken ones.
func TestNoSecretIsEverShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := group(t, "customerio", []string{"site_id", "api_key", "api_kye", "endpont", "endpoint", "region", "rate", "max_in_flight"}) +
			group(t, "shaping", []string{"hash_key", "hash_kye", "rules"}) +
			group(t, "kafka", []string{"brokers", "password", "session_timeout", "start"})
		if rapid.Bool().Draw(t, "break") {
			at := rapid.IntRange(0, len(text)).Draw(t, "at")
			junk := rapid.SampledFrom([]string{"{", "]", "\"", "'", "\t", "\n", ": ", "- ", "\r\n", "&", "|"}).Draw(t, "junk")
			if begun := strings.Count(text[:at], secretText[:3]) - strings.Count(text[:at], secretText); begun > 0 {
				return // not into the secret itself
			}
			text = text[:at] + junk + text[at:]
		}
		_, err := Parse("pintle.yaml", []byte(text), environment)
		if err == nil {
			t.Fatalf("nothing is wrong with\n%s", text)
		}
		if strings.Contains(err.Error(), secretText) {
			t.Fatalf("%v\nof\n%s", err, text)
		}
	})
}

// FuzzParse looks for files that end the program, or faults whose place is none.
func FuzzParse(f *testing.F) {
	f.Add([]byte(least))
	f.Add([]byte("a: [\n? b\n: *c"))
	f.Add([]byte("a: b\r0"))
	f.Add([]byte("kafka: &a\n  brokers: *a\n  <<: *a\n"))
	f.Add([]byte("kafka: |\n\r\n---\n- %"))
	f.Add([]byte(least + "shaping:\n  rules:\n  - {set: {a: 'b +', c: |}}\n  - where: |\n      a and\n      )\n"))
	f.Add([]byte(least + "filters:\n  where: \"a\\n$\"\nmapping: {subscriptions: {? a : b}}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := Parse("pintle.yaml", src, environment)
		if (c == nil) == (err == nil) {
			t.Fatalf("%v, %v", c, err)
		}
		if err == nil {
			return
		}
		problems, ok := errors.AsType[Problems](err)
		if !ok {
			t.Fatalf("%T: %v", err, err)
		}
		for _, p := range problems {
			if p.Text == "" || p.Line < 0 || p.Line > bytes.Count(src, []byte("\n"))+bytes.Count(src, []byte("\r"))+1 || (p.Line > 0) != (p.Column > 0) {
				t.Errorf("%+v", p)
			}
		}
	})
}
