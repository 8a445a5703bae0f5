package expression_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor/transform/expression"
)

func TestCompileErrors(t *testing.T) {
	const described = "; the language is described at https://expr-lang.org/docs/language-definition"
	const event = "type, event, name, userId, anonymousId, previousId, groupId, channel, messageId, timestamp, originalTimestamp, " +
		"sentAt, receivedAt, properties, traits, context, integrations, attributes"
	for _, c := range []struct{ text, want string }{
		{"propertis.total > 1", "line 1, column 1: unknown name propertis; did you mean properties?"},
		{"true and\n\tUserID == 1", "line 2, column 2: unknown name UserID; did you mean userId?"},
		{`"é" + Traits.a`, "line 1, column 7: unknown name Traits; did you mean traits?"},
		{"uper(event)", "line 1, column 1: unknown name uper; did you mean upper?"},
		{"order.total", "line 1, column 1: unknown name order; an event has " + event},
		{"now() > date(timestamp)", "line 1, column 1: now is not available: an event must give the same result whenever it is mapped; compare with timestamp or receivedAt"},
		{"1 + len(keys(properties))", "line 1, column 9: keys is not available: an object has no order, and a result must not depend on one; name the members"},
		{`date("2024-03-05", "2006-01-02", "Europe/Berlin")`, "line 1, column 1: too many arguments to call date" + described},
		{`timezone("UTC")`, "line 1, column 1: timezone is not available: a result must not depend on the machine's list of time zones; write the offset in the date"},
		{`date(timestamp).Local().Hour()`, "line 1, column 17: Local is not available: a result must not depend on the machine's time zone; use UTC()"},
		{`let f = date(timestamp).Local; f()`, "line 1, column 32: f is no function here"},
		{`date(timestamp)[event]()`, "line 1, column 23: unexpected token Bracket(\"(\")" + described},
		{`type(event)`, "line 1, column 1: type is no function here"},
		{`$env["properties"]`, "line 1, column 1: $env is not available: name the part of the event, for example properties"},
		{`event matches properties.pattern`, "line 1, column 26: the pattern of matches must be a text written out: one made of an event can take for ever"},
		{`event matches "("`, "line 1, column 7: error parsing regexp: missing closing ): `(`" + described},
		{`1 + "a"`, "line 1, column 3: invalid operation: + (mismatched types int and string)" + described},
		{`replace(upper(5), "a", "b")`, "line 1, column 15: cannot use int as argument (type string) to call upper" + described},
		{`1 +`, "line 1, column 3: unexpected token EOF" + described},
		{"", "line 1, column 1: an expression is empty; write one, or remove the key"},
		{" \n", "line 1, column 1: an expression is empty; write one, or remove the key"},
		{"\xff", "line 1, column 1: the expression is not valid UTF-8; save the file as UTF-8"},
		{strings.Repeat(" ", 8192) + "1", "line 1, column 1: the expression is 8193 bytes long; write at most 8192"},
		{strings.Repeat("1+", 600) + "1", "line 1, column 1002: the expression has more than 1000 parts; make it shorter"},
	} {
		_, err := expression.Compile(c.text)
		e, ok := errors.AsType[*expression.Error](err)
		if !ok {
			t.Errorf("%.60q: %v, want %s", c.text, err, c.want)
			continue
		}
		if diff := cmp.Diff(c.want, e.Error()); diff != "" {
			t.Errorf("%.60q (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestCompileBoolErrors(t *testing.T) {
	const must = "; it must be true or false, so compare it with something"
	for text, want := range map[string]string{
		`"a" + "b"`:          "line 1, column 1: the result is a text" + must,
		`len(event)`:         "line 1, column 1: the result is a number" + must,
		`properties`:         "line 1, column 1: the result is an object" + must,
		`[1]`:                "line 1, column 1: the result is a list" + must,
		`date(timestamp)`:    "line 1, column 1: the result is of another type" + must,
		`nil`:                "",
		`properties.vip`:     "",
		`event == "x"`:       "",
		`any(properties, #)`: "line 1, column 5: builtin any takes only array (got map[string]interface {}); the language is described at https://expr-lang.org/docs/language-definition",
	} {
		_, err := expression.CompileBool(text)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
