package schema

import (
	"errors"
	"strings"
	"testing"
)

// TestABreakdownNamesThePlaceAndNoValue: what is panicked with may be anything at hand.
func TestABreakdownNamesThePlaceAndNoValue(t *testing.T) {
	const secret = "ada@example.com"
	var none []string
	var nobody *Event
	for name, tc := range map[string]struct {
		fall func()
		want string
	}{
		"an index":                {func() { _ = none[len(secret)] }, "runtime error: index out of range [15] with length 0 at schema."},
		"a nil pointer":           {func() { _ = nobody.MessageID }, "runtime error: invalid memory address or nil pointer dereference at schema."},
		"a text":                  {func() { panic(secret) }, "string at schema."},
		"an error":                {func() { panic(errors.New(secret)) }, "*errors.errorString at schema."},
		"a broken promise":        {func() { _ = any(secret).(int) }, "interface conversion: interface {} is string, not int at schema."},
		"in somebody else's code": {func() { none = append(none, strings.Repeat(secret, len(none)-1)) }, "string at schema."},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			func() {
				defer func() { got = Breakdown(recover()) }()
				tc.fall()
			}()
			if !strings.HasPrefix(got, tc.want) || strings.Contains(got, secret) {
				t.Errorf("%s", got)
			}
		})
	}
}

func TestAValueThatTheReaderBreaksDownOver(t *testing.T) {
	s := scanner{buf: []byte("{}")}
	defer func() {
		err := s.broke(recover())
		if !strings.Contains(err.Error(), "byte 7") || !strings.Contains(err.Error(), "breakdown_test.go:") {
			t.Error(err)
		}
	}()
	s.pos = 7
	_ = s.buf[s.pos]
}
