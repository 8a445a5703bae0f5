package expression_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor/transform/expression"
	"github.com/pintle-io/pintle/schema"
)

// read returns the Env of one event.
func read(tb testing.TB, value string) *expression.Env {
	tb.Helper()
	evs, err := schema.Decode(nil, []byte(value), schema.Limits{})
	if err != nil {
		tb.Fatalf("%s: %v", value, err)
	}
	env := new(expression.Env)
	env.Reset(&evs[0])
	return env
}

// result returns what an expression gives: its JSON, absent, or its failure.
func result(tb testing.TB, text string, env *expression.Env) string {
	tb.Helper()
	p, err := expression.Compile(text)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	v, err := p.Value(env)
	switch {
	case err != nil:
		return err.Error()
	case v == nil:
		return "absent"
	default:
		return string(v)
	}
}

const order = `{"type":"TRACK","event":"Order Completed","userId":7,"channel":"web","messageId":"m",
 "timestamp":"2024-03-05T08:09:10.250Z","integrations":{"All":true},"traits":"none",
 "properties":{"total":1.10,"id":9007199254740993,"big":123456789012345678901234567890,"huge":1e999,"minus":-3,
  "coupon":null,"name":"Ada \u00e9","a b":1,"items":[{"sku":"x","price":2},{"sku":"y","price":3.5}],"dup":1,"d\u0075p":2,
  "account":{"id":9007199254740993}, "deep":{ "b" : 2 , "a" : [ ] }},
 "context":{"traits":{"plan":"pro"},"page":{"url":"https://a.example"}}}`

func TestValue(t *testing.T) {
	env := read(t, order)
	for _, c := range []struct{ text, want string }{
		// Paths are raw.
		{`properties.total`, `1.10`},
		{`properties.account.id`, `9007199254740993`},
		{`properties?.account?.id`, `9007199254740993`},
		{`properties["a b"]`, `1`},
		{`properties["account"]["id"]`, `9007199254740993`},
		{`properties.items[1].price`, `3.5`},
		{`properties.items[2].price`, `absent`},
		{`properties.deep`, `{ "b" : 2 , "a" : [ ] }`},
		{`properties.dup`, `2`},
		{`properties.coupon`, `null`},
		{`properties.nothing`, `absent`},
		{`properties.nothing.inner`, `absent`},
		{`properties.name.inner`, `absent`},
		{`attributes.total`, `1.10`},
		{`attributes.big`, `123456789012345678901234567890`},
		{`context.page.url`, `"https://a.example"`},
		{`integrations`, `{"All":true}`},
		{`traits`, `absent`},
		{`userId`, `7`},
		{`type`, `"track"`},
		{`groupId`, `absent`},

		// Everything else is evaluated.
		{`properties.id + 0`, `9007199254740993`},
		{`properties.total + 1`, `2.1`},
		{`properties.minus * 2`, `-6`},
		{`properties.big > 1.0e29`, `true`},
		{`properties.huge > 1.0e300`, `true`},
		{`properties.coupon ?? "none"`, `"none"`},
		{`properties.nothing ?? properties.coupon`, `absent`},
		{`len(traits)`, `0`},
		{`type == "track" && event startsWith "Order"`, `true`},
		{`properties.name + "!"`, `"Ada é!"`},
		{`"a" + "b"`, `"ab"`},
		{`{"z": 1, "a": [true, nil], "m": {"y": 1.5, "b": "x"}}`, `{"a":[true,null],"m":{"b":"x","y":1.5},"z":1}`},
		{`map(properties.items, .sku)`, `["x","y"]`},
		{`filter(properties.items, .price > 2) | map(.sku) | join(", ")`, `"y"`},
		{`sum(properties.items, .price)`, `5.5`},
		{`reduce(properties.items, #acc + .sku, "")`, `"xy"`},
		{`groupBy(properties.items, .sku)`, `{"x":[{"price":2,"sku":"x"}],"y":[{"price":3.5,"sku":"y"}]}`},
		{`uniq([1, 2, 1])`, `[1,2]`},
		{`upper(properties.name)`, `"ADA É"`},
		{`split("a,b", ",")`, `["a","b"]`},
		{`replace("aXbX", "X", "--")`, `"a--b--"`},
		{`replace("aXbX", "X", "--", 1)`, `"a--bX"`},
		{`repeat("ab", 3)`, `"ababab"`},
		{`join(["a", "b"])`, `"ab"`},
		{`string(1.5) + string("x") + string(nil) + string([1])`, `"1.5xnull[1]"`},
		{`string(date("2024-03-05"))`, `"2024-03-05T00:00:00Z"`},
		{`toJSON({"b": 1, "a": "<"})`, `"{\"a\":\"<\",\"b\":1}"`},
		{`fromJSON("{\"a\": 1}").a`, `1`},
		{`1..3`, `[1,2,3]`},
		{`let total = properties.total; total * 2`, `2.2`},
		{`if properties.total > 1 { "much" } else { "little" }`, `"much"`},
		{`event matches "^Order"`, `true`},

		// Times.
		{`date(timestamp).Unix()`, `1709626150`},
		{`date("2024-03-05").Year()`, `2024`},
		{`date("05.03.2024 10:00", "02.01.2006 15:04")`, `"2024-03-05T10:00:00Z"`},
		{`date("Tue, 05 Mar 2024 10:00:00 CET", "Mon, 02 Jan 2006 15:04:05 MST").Unix()`, `1709632800`},
		{`date(timestamp) > date("2024-03-01")`, `true`},
		{`date(timestamp) - date("2024-03-01") > duration("24h")`, `true`},
	} {
		got := result(t, c.text, env)
		if got != c.want {
			t.Errorf("%s = %s, want %s", c.text, got, c.want)
		}
	}
}

func TestAttributes(t *testing.T) {
	for _, c := range []struct{ value, text, want string }{
		{`{"type":"identify","traits":{"a":1},"context":{"traits":{"a":0,"b":2}}}`, `attributes`, `{"a":1,"b":2}`},
		{`{"type":"identify","traits":{"a":1},"context":{"traits":{"a":0,"b":2.0}}}`, `attributes.b`, `2.0`},
		{`{"type":"identify","traits":{"a":null},"context":{"traits":{"a":0}}}`, `attributes.a`, `null`},
		{`{"type":"identify","traits":"x","context":{"traits":{"a":0}}}`, `attributes["a"]`, `0`},
		{`{"type":"group","traits":{"a":1},"context":{"traits":{"b":2}}}`, `attributes`, `{"a":1}`},
		{`{"type":"page","properties":{"a":1},"traits":{"b":2}}`, `attributes`, `{"a":1}`},
		{`{"type":"alias"}`, `attributes`, `{}`},
	} {
		if got := result(t, c.text, read(t, c.value)); got != c.want {
			t.Errorf("%s of %s = %s, want %s", c.text, c.value, got, c.want)
		}
	}
}

// TestFailures holds the text of each failure: where, why, and nothing of the event.
func TestFailures(t *testing.T) {
	const at = "the expression fails on this event at line 1, column "
	const operand = "an operand has another type than it needs, or is missing; guard it, for example with (properties.price ?? 0) or context.page?.url"
	const work = "it would take more work or memory than an expression may; look at fewer or shorter values"
	const notJSON = "a result is not a number, a text or another value that JSON knows; convert it, for example with string(…)"
	const long = "the JSON of a value is longer than 64 KiB; take a part of it"
	env := read(t, `{"type":"track","properties":{"secret":"hunter2","n":1000000000,"infinite":1e999,"zero":0,"empty":"","long":"`+strings.Repeat("x", 70_000)+
		`","list":[`+strings.Repeat("1,", 999)+`1]}}`)
	for _, c := range []struct{ text, want string }{
		{`1 + properties.secret`, at + "3: " + operand},
		{"1 +\n  int(properties.secret)", "the expression fails on this event at line 2, column 3: " + operand},
		{`properties.secret.inner + 1`, at + "19: " + operand},
		{`properties.nothing > 1`, at + "20: " + operand},
		{`date(properties.secret)`, at + "1: " + operand},
		{`1 % properties.zero`, at + "3: " + operand},
		{`{"a": {}}[properties.secret].inner`, at + "30: " + operand},
		{`properties.list[-2000]`, at + "16: " + operand},
		{`groupBy([properties.list], #)`, at + "1: " + operand},
		{`properties.zero / properties.zero`, at + "1: " + notJSON},
		{`1 / properties.zero`, at + "1: " + notJSON},
		{`date("2024-03-05").Unix`, at + "1: " + notJSON},
		{`{"a": properties.infinite}`, at + "1: " + notJSON},
		{`duration("1h")`, at + "1: " + notJSON},
		{`upper(properties.long)`, at + "1: " + long},
		{`properties.long`, at + "1: " + long},
		{`string([properties.long])`, at + "1: " + long},
		{`[properties.long]`, at + "1: " + long},

		// No event makes it take all memory, or for ever.
		{`repeat("x", properties.n)`, at + "1: " + work},
		{`repeat(properties.long, 10)`, at + "1: " + work},
		{`replace(properties.long, properties.empty, properties.long)`, at + "1: " + work},
		{`join(properties.list | map("x"), properties.long)`, at + "1: " + work},
		{`join(map(1..4, properties.long)) contains "y"`, at + "1: " + work},
		{`len(1..properties.n)`, at + "6: " + work},
		{`len(properties.list | map(len(upper(properties.long))))`, at + "31: " + work},
		{`len(properties.list | map(len(properties.long + "x")))`, at + "47: " + work},
		{`len(reduce(properties.list, #acc + properties.long, ""))`, at + "34: " + work},
		{`sum(properties.list, sum(properties.list, #))`, at + "43: " + work},
		{`len(map(properties.list, split(properties.long, "")))`, at + "26: " + work},
		{`len(map(properties.list, len(uniq(properties.list))))`, at + "46: " + work},
	} {
		if diff := cmp.Diff(c.want, result(t, c.text, env)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestLargeEvent(t *testing.T) {
	const want = "the expression fails on this event at line 1, column 1: the event is larger than expressions read, " +
		"256 KiB or 10,000 values; look at a smaller part of it"
	for what, properties := range map[string]string{
		"values": `{"small":1,"l":[` + strings.Repeat("1,", 10_000) + `1]}`,
		"bytes":  `{"small":1,"l":"` + strings.Repeat("x", 256<<10) + `"}`,
	} {
		env := read(t, `{"type":"track","event":"E","properties":`+properties+`}`)
		if got := result(t, `properties.small + 1`, env); got != want {
			t.Errorf("%s: %.200s", what, got)
		}
		if got := result(t, `event + "!"`, env); got != `"E!"` {
			t.Errorf("%s: another part of the event: %s", what, got)
		}
		if got := result(t, `properties.small`, env); got != `1` {
			t.Errorf("%s: a path: %s", what, got)
		}
	}
}

func TestBool(t *testing.T) {
	env := read(t, order)
	for _, c := range []struct {
		text string
		want bool
		err  string
	}{
		{`true`, true, ""},
		{`properties.total > 1`, true, ""},
		{`properties.total > 2 or event == "x"`, false, ""},
		{`"sku" in properties`, false, ""},
		{`not (channel in ["web", "mobile"])`, false, ""},
		{`integrations.All`, true, ""},
		{`properties.total`, false, "the expression fails on this event at line 1, column 1: the result is neither true nor false; " +
			"compare it with something, for example properties.vip == true"},
		{`properties.nothing`, false, "the expression fails on this event at line 1, column 1: the result is neither true nor false; " +
			"compare it with something, for example properties.vip == true"},
	} {
		p, err := expression.CompileBool(c.text)
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		got, err := p.Bool(env)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if got != c.want || said != c.err {
			t.Errorf("%s = %v, %q, want %v, %q", c.text, got, said, c.want, c.err)
		}
	}
}

func TestReset(t *testing.T) {
	p, err := expression.Compile(`properties.a + 1`)
	if err != nil {
		t.Fatal(err)
	}
	var env expression.Env
	for _, c := range []struct{ properties, want string }{{`{"a":1}`, `2`}, {`{"a":5}`, `6`}} {
		evs, err := schema.Decode(nil, []byte(`{"type":"track","properties":`+c.properties+`}`), schema.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		env.Reset(&evs[0])
		for range 2 {
			if v, err := p.Value(&env); string(v) != c.want || err != nil {
				t.Errorf("%s: %s, %v", c.properties, v, err)
			}
		}
	}
	env.Reset(nil)
	if v, err := p.Value(&env); err == nil {
		t.Errorf("an empty event gives %s", v)
	}
	var zero expression.Env
	if got := result(t, `len(properties)`, &zero); got != `0` {
		t.Errorf("the zero Env: %s", got)
	}
}
