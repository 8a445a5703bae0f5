package customerio

import (
	"encoding/json"
	"net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/oklog/ulid/v2"
)

func TestIdentify(t *testing.T) {
	for id, want := range map[string]string{
		"u-1":                        "id u-1",
		"42":                         "id 42",
		"+14155550100":               "id +14155550100",
		"cio_a3000B":                 "cio_id a3000B",
		"cio_":                       "id cio_",
		"cio_a-b":                    "id cio_a-b",
		"CIO_a3":                     "id CIO_a3",
		"tintin@herge.com":           "email tintin@herge.com",
		"first.last+tag@a-b.example": "email first.last+tag@a-b.example",
		"o'neil@x.co.uk":             "email o'neil@x.co.uk",
		"zoë@exämple.org":            "email zoë@exämple.org",
		"tintin@localhost":           "id tintin@localhost",
		"@herge.com":                 "id @herge.com",
		"tintin@":                    "id tintin@",
		"a@b@c.de":                   "id a@b@c.de",
		".a@b.de":                    "id .a@b.de",
		"a..b@c.de":                  "id a..b@c.de",
		"a.@b.de":                    "id a.@b.de",
		"a b@c.de":                   "id a b@c.de",
		"a@b..de":                    "id a@b..de",
		"a@b.de.":                    "id a@b.de.",
		"a@.de":                      "id a@.de",
		"a@b_c.de":                   "email a@b_c.de",
		`"a b"@c.de`:                 `id "a b"@c.de`,
		"a@[127.0.0.1]":              "id a@[127.0.0.1]",
	} {
		who := Identify([]byte(id), true)
		if got := who.Kind.Name() + " " + string(who.Value); got != want {
			t.Errorf("Identify(%q) = %s, want %s", id, got, want)
		}
	}
	if who := Identify([]byte("tintin@herge.com"), false); who.Kind != ByID {
		t.Errorf("an address is %s where the workspace has none", who.Kind.Name())
	}
}

func TestEncoder(t *testing.T) {
	var e Encoder
	for _, tc := range []struct {
		name  string
		write func()
		want  string
	}{
		{"identify", func() {
			e.Person(ActionIdentify, Identifier{Kind: ByEmail, Value: []byte("a@b.de")})
			e.Timestamp(1709626150)
			e.OpenAttributes()
			e.IntAttr([]byte("created_at"), -1)
			e.RawAttr([]byte(`a"b`), []byte("[1.50]"))
			e.TextAttr([]byte("c"), []byte("d\n\x01\\é\u2028"))
			e.CloseAttributes()
		}, `{"type":"person","identifiers":{"email":"a@b.de"},"action":"identify","timestamp":1709626150,` +
			`"attributes":{"created_at":-1,"a\"b":[1.50],"c":"d\n\u0001\\é` + "\u2028" + `"}}`},
		{"event", func() {
			e.Person(ActionEvent, Identifier{Value: []byte("u\t1")})
			e.Name([]byte("n"))
			e.ID(ulid.ULID{1, 2, 3})
			e.RawAttributes([]byte(`{"x":1}`))
		}, `{"type":"person","identifiers":{"id":"u\t1"},"action":"event","name":"n","id":"` + ulid.ULID{1, 2, 3}.String() + `","attributes":{"x":1}}`},
		{"device", func() {
			e.Person(ActionAddDevice, Identifier{Kind: ByCioID, Value: []byte("a3")})
			e.OpenDevice([]byte("to:ken"))
			e.Platform(IOS)
			e.LastUsed(7)
			e.OpenAttributes()
			e.CloseAttributes()
			e.CloseDevice()
		}, `{"type":"person","identifiers":{"cio_id":"a3"},"action":"add_device",` +
			`"device":{"token":"to:ken","platform":"ios","last_used":7,"attributes":{}}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.write()
			got := e.Finish()
			if !json.Valid(got) {
				t.Errorf("not valid: %s", got)
			}
			if diff := cmp.Diff(tc.want, string(got)); diff != "" {
				t.Errorf("item (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzAppendText: what is written reads back as what was given.
func FuzzAppendText(f *testing.F) {
	f.Add("plain \"quoted\" \\ \x00\x1f\x7f é 🚀 \u2028")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "\ufffd")
		var back string
		if err := json.Unmarshal(AppendText(nil, []byte(text)), &back); err != nil || back != text {
			t.Errorf("%q came back as %q, %v", text, back, err)
		}
	})
}

// FuzzIsEmail: what passes is an address to package net/mail too.
func FuzzIsEmail(f *testing.F) {
	f.Add("tintin@herge.com")
	f.Add("a.b+c@d.e-f")
	f.Add("a@b@c.de")
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || !IsEmail([]byte(s)) {
			return
		}
		if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
			t.Errorf("%q is none: %v", s, err)
		}
	})
}
