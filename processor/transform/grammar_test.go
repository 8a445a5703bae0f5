package transform_test

import (
	"bytes"
	"strconv"
	"strings"
)

// grammar writes records of RudderStack's events in which every field is as usual, or odd, or missing, or
// there twice. It asks pick for each of its choices, a number from 0 to n-1, so that whoever answers
// decides what comes: rapid, which can make a failing event smaller, or a fast source of random
// numbers.
type grammar struct {
	pick func(n int) int
	// event counts the events. Nearly all that could name somebody has this number in it: the
	// events are about different people.
	event int
	buf   []byte

	// What is the same for all events and costs time to make.
	odd, times, types, names []string
	large                    [3]string
}

func newGrammar(pick func(int) int) *grammar {
	g := &grammar{pick: pick}
	// A number sign stands for the number of the event, a caret for that of somebody known, see workspace.
	g.odd = []string{
		"null", "true", "false", "0", "-0", "-1", "1.5", "4#", "8#.0", "1709626150", "1709626150123", "1e400", "1#e21", "9007199254740993#", "12345678901234567890.50",
		`""`, `" "`, `"\t\n"`, `"."`, `".."`, `"/#"`, `"../#"`, `"u-#"`, `" u-# "`, `"\u0075-#"`, `"\u0000#"`, `"null"`, `"true"`, `"42#"`, `"%s#"`, `"<b>#"`, `"+4917#"`,
		`"cio_"`, `"cio_#-x"`, `"CIO_#"`, `"cio_a3000000000^"`, `"a#@b.de"`, `"A#@B.DE"`, `"a#@b"`, `"@#"`, `"\"a b\"#@c.de"`, `"a#@[127.0.0.1]"`, `"é#@ü.de"`, `"<a#@b.de>"`,
		`"2024-03-05T08:09:10Z"`, `"2024-03-05"`, `"2030-01-01T00:00:00Z"`, `"1960-01-01"`, `"\ud83d\ude80#"`, `"\ud83d#"`, `"\ufeff#"`, `"\u202e#"`, `"\u200b"`,
		`"identify"`, `"TRACK"`, `"delete"`, `"Delete_Relationships"`, `"Application Opened"`, `"application uninstalled"`, `"Account Deleted"`, `"iOS"`, `"android"`, `"Customer.io"`, `"yes"`, `"off"`, `"1"`, `"topic_1"`,
		`"#` + strings.Repeat("é", 71) + `"`, `"` + strings.Repeat("x", 146) + `#"`, `"` + strings.Repeat("x", 151) + `"`, `"` + strings.Repeat("\U0001F680", 25) + `"`,
		`"` + strings.Repeat("é", 500) + `"`, `"` + strings.Repeat("x", 1001) + `"`, `"` + strings.Repeat(`\"`, 600) + `"`,
		"[]", "{}", `["a#"]`, `[null,{}]`, `{"id":"o-#"}`, `{"":{"":[]}}`,
	}
	g.times = []string{
		`"2026-11-23T12:37:16.848Z"`, `"2026-11-23T12:37:16.848Z"`, `"2026-11-23T12:37:16.848Z"`, `"2024-03-05T08:09:10+05:30"`, `1709626150`, `1709626150123`, `"1709626150"`, `1709626150.5`,
		`"2024-03-05"`, `"Mar 5, 2024, 8:09:10 AM"`, `"2030-01-01T00:00:00Z"`, `"1960-01-01T00:00:00Z"`, `"now"`,
	}
	g.types = []string{
		`"identify"`, `"identify"`, `"identify"`, `"identify"`, `"track"`, `"track"`, `"track"`, `"track"`, `"track"`, `"page"`, `"page"`, `"screen"`, `"screen"`,
		`"group"`, `"group"`, `"group"`, `"alias"`, `"alias"`, `"Track"`, `"GROUP"`, `"record"`,
	}
	g.names = []string{
		`"Signed Up"`, `"Order Completed"`, `"Signed In"`, `"Application Opened"`, `"Application Opened"`, `"Application Installed"`, `"APPLICATION UNINSTALLED"`,
		`"Account Deleted"`, `"opted out"`, `"Opted In"`, `"Denied"`, `" Padded "`, `7`, `"` + strings.Repeat("é", 60) + `"`,
	}
	g.large = [3]string{strings.Repeat("x", 31_700), strings.Repeat("ä", 20_000), strings.Repeat("y", 100_000)}
	return g
}

// value returns the value of one record, valid until the next is written: one event, or now and then
// some in an array or an envelope.
func (g *grammar) value() []byte {
	g.buf = g.buf[:0]
	switch g.pick(40) {
	default:
		g.writeEvent()
	case 1:
		g.raw("[")
		g.writeEvent()
		g.raw(",")
		g.writeEvent()
		g.raw("]")
	case 2:
		g.raw(`{"sentAt":null,"batch":[`)
		g.writeEvent()
		g.raw(`],"writeKey":"w"}`)
	}
	return g.buf
}

// raw writes JSON; a number sign and a caret become numbers.
func (g *grammar) raw(text string) {
	for {
		i := strings.IndexAny(text, "#^")
		if i < 0 {
			g.buf = append(g.buf, text...)
			return
		}
		n := g.event
		if text[i] == '^' {
			n = 1 + n%known
		}
		g.buf = strconv.AppendInt(append(g.buf, text[:i]...), int64(n), 10)
		text = text[i+1:]
	}
}

// one writes one of the texts.
func (g *grammar) one(texts ...string) { g.raw(texts[g.pick(len(texts))]) }

// oneIn reports true once in n times.
func (g *grammar) oneIn(n int) bool { return g.pick(n) == n-1 }

// name writes the name of a member, and the comma before it.
func (g *grammar) name(name string) {
	if !bytes.HasSuffix(g.buf, []byte("{")) {
		g.raw(",")
	}
	g.raw(`"` + name + `":`)
}

// member writes a member whose value is as usual, mostly.
func (g *grammar) member(name string, usual func()) {
	chance := g.pick(26)
	switch chance {
	case 25:
		return
	case 24, 23:
		g.name(name)
		g.writeOdd(2)
		if chance == 24 {
			return
		}
	}
	g.name(name)
	usual()
	if chance == 22 {
		g.name(name)
		g.writeOdd(1)
	}
}

// text is member with a choice of usual values; that named twice is the more usual.
func (g *grammar) text(name string, usual ...string) {
	g.member(name, func() { g.one(usual...) })
}

// writeOdd writes a value of any kind, and often one that means something somewhere.
func (g *grammar) writeOdd(depth int) {
	if depth > 0 && g.oneIn(6) {
		if g.oneIn(3) {
			g.raw("[")
			g.writeOdd(depth - 1)
			g.raw(",")
			g.writeOdd(0)
			g.raw("]")
			return
		}
		g.writeTraits(depth - 1)
		return
	}
	g.one(g.odd...)
}

// writeEvent writes one event.
func (g *grammar) writeEvent() {
	g.event++
	g.raw("{")
	g.text("type", g.types...)
	g.text("messageId", `"m-#"`)
	if !g.oneIn(5) {
		g.text("userId", `"u-#"`, `"u-#"`, `"u-#"`, `9#`, `"u#@b.de"`, `"U#@B.de"`, `"cio_a3000000000^"`, `""`, "null")
	}
	g.text("anonymousId", `"v-#"`, `"v-#"`, `"v-#"`, `"v#@b.de"`, `""`, "null", `5#`)
	g.text("previousId", `"p-#"`, `"p-#"`, `"v-#"`, `"u-#"`, `"p#@b.de"`, `"U#@b.de"`, `"cio_a3000000000^"`, `6#`)
	g.text("groupId", `"g-#"`, `"g-#"`, `7#`, `""`)
	g.text("event", g.names...)
	g.text("name", `"Home"`, "null", `""`)
	g.text("channel", `"web"`, `"server"`)
	g.text("timestamp", g.times...)
	g.text("originalTimestamp", g.times...)
	if g.oneIn(3) {
		g.text("integrations", `{"All":true}`, `{"All":true}`, `{"All":true}`, `{"All":false}`, `{"Customer IO":{"x":1}}`, "null")
	}
	g.member("properties", g.writeProperties)
	g.member("traits", func() { g.writeTraits(1) })
	g.member("context", g.writeContext)
	g.raw("}")
}

func (g *grammar) writeContext() {
	g.raw("{")
	g.member("traits", func() { g.writeTraits(1) })
	g.member("device", func() {
		g.raw("{")
		g.text("token", `"t-#"`, `"t-#"`, `"t/#"`)
		g.text("type", `"Android"`, `"ios"`, `"iPadOS"`, `"Mobile"`)
		g.text("model", `"Pixel 7"`)
		g.text("manufacturer", `"Apple"`, `"Google"`)
		g.raw("}")
	})
	g.text("os", `{"name":"iOS"}`, `{"name":"Android"}`, `{"name":"Linux"}`, `{}`)
	g.text("app", `{"version":"1.2"}`)
	g.text("locale", `"de-DE"`)
	g.text("page", `{"url":"https://shop.example.com/#"}`, `{"title":"Shop"}`)
	g.text("library", `{"name":"analytics"}`)
	if g.oneIn(50) {
		g.text("integration", `{"name":"Customer.io"}`)
	}
	if g.oneIn(10) {
		g.text("externalId", `[{"type":"CUSTOMERIO-customers","id":"x#@b.de","identifierType":"email"}]`, `[{"type":"braze","id":"x-#"}]`, `[{"type":"CUSTOMERIO-x","id":"x-#"}]`)
		g.text("mappedToDestination", `"true"`, "false")
	}
	if g.oneIn(5) {
		g.text("consentManagement", `{"allowedConsentIds":["c1"],"deniedConsentIds":["c2"]}`, `{"deniedConsentIds":["c1"]}`)
	}
	g.raw("}")
}

func (g *grammar) writeProperties() {
	g.raw("{")
	for range g.pick(4) {
		g.text([]string{"name", "url", "title", "email", "action", "recipient", "plan", "__proto__", `\u0061`, ""}[g.pick(10)], `"Shop #"`, `"e#@b.de"`, "null", "5", `{"a":[1,2]}`)
	}
	if g.oneIn(300) {
		g.name("large")
		g.raw(`"` + g.large[g.pick(len(g.large))] + `"`)
	}
	g.raw("}")
}

// writeTraits writes an object of names that the mapping looks at, most of them with values of their
// kind.
func (g *grammar) writeTraits(depth int) {
	g.raw("{")
	for range g.pick(7) {
		g.writeTrait(depth)
	}
	if g.oneIn(300) {
		g.writeMany(310, "1", "2", `"x"`)
	}
	if g.oneIn(600) {
		g.writeMany(310, "1", `"`+g.large[0][:990]+`"`)
	}
	g.raw("}")
}

// writeMany writes many members, of different names.
func (g *grammar) writeMany(n int, values ...string) {
	for i := range n {
		g.name("n" + strconv.Itoa(i))
		g.one(values...)
	}
}

func (g *grammar) writeTrait(depth int) {
	switch g.pick(24) {
	default:
		g.text([]string{"plan", "name", "phone", "a.b", "city", "street"}[g.pick(6)], `"x"`, "5", "null", `{"a":[1]}`)
	case 0:
		g.text("id", `"w-#"`, `"u-#"`, `5#`)
	case 1:
		g.text("email", `"e#@b.de"`, `"u#@b.de"`, `"E#@b.DE"`)
	case 2:
		g.text("createdAt", g.times...)
	case 3:
		g.text("created_at", g.times...)
	case 4:
		g.text("address", `{"city":"B","zip":"1"}`, `"Main St 1"`, `{"country":"DE"}`)
	case 5:
		g.text("anonymous_id", `"w-#"`, `"v-#"`)
	case 6:
		g.text("userId", `"w-#"`, `""`)
	case 7, 8:
		g.text("action", `"identify"`, `"Delete"`, `"add_relationships"`, `"delete_relationships"`, "null")
	case 9, 10:
		g.text("objectTypeId", `"1"`, "2", `"30"`, "0", "1.5")
	case 11:
		g.text("groupId", `"h-#"`)
	case 12:
		g.text("role", `"owner"`, "1", `{"since":2020}`)
	case 13, 14:
		g.text("newsletter", "true", "false", `"yes"`, `"OFF"`, "1", `"maybe"`)
	case 15:
		g.text("unsubscribed", "true", `"false"`)
	case 16:
		g.name([]string{
			"_timestamp", "cio_relationships", "_update", "cio_subscription_preferences", "cio_subscription_preferences.topics.topic_1", "constructor", "__proto__",
			"", `\u0070lan`, `\"`, `\ud83d`, "é", strings.Repeat("n", 150), strings.Repeat("n", 151),
		}[g.pick(14)])
		g.writeOdd(depth)
	}
}
