package expression_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/pintle-io/pintle/processor/transform/expression"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
)

// sayings are expressions of all sorts, among them such that fail on most events.
func sayings() []string {
	return []string{
		`type == "track" and event in ["Order Completed", "Signed Up"]`,
		`(properties.price ?? 0) * 2 > 10`,
		`properties.price + properties.quantity`,
		`attributes`, `context`, `properties`, `properties.products[0].price`,
		`context.page.url contains "example" ? context.page.url : nil`,
		`filter(properties.products, .price > 3) | map(.name) | join(",")`,
		`sum(properties.products, .price * .quantity)`,
		`sortBy(properties.products, .price)`, `groupBy(properties.products, .name)`, `uniq(properties.list)`,
		`sort(properties.list)`, `max(properties.list)`, `median(properties.list)`, `flatten([properties.list, [properties.a]])`,
		`reduce(properties.list, #acc + #, "")`, `fromPairs([[properties.a, 1]])`,
		`upper(traits.email ?? context.traits.email)`, `split(userId, "@")[1]`,
		`replace(properties.a, properties.b, properties.c)`, `repeat(properties.a, properties.b)`, `1..properties.a`,
		`date(timestamp).Unix()`, `date(properties.a) - date(properties.b)`, `duration(properties.a)`,
		`string(properties.a) + toJSON(properties)`, `fromJSON(properties.a)`, `int(properties.a)`, `float(properties.b)`,
		`properties.a % properties.b`, `properties.a ** properties.b`, `properties.a / properties.b`, `-properties.a`,
		`properties.a[properties.b]`, `properties.a[1:2]`, `properties[event]`, `properties.a matches "^a+$"`, `properties.a in properties.b`,
		`bitshl(properties.a, properties.b)`, `not properties.a`, `properties.a == properties.b`, `properties.a < properties.b`,
		`{"a": properties.a, "b": [properties.b]}`, `fromBase64(properties.a)`, `trim(properties.a, properties.b)`, `type(properties.a)`,
	}
}

// programs compiles what compiles.
func programs(tb testing.TB) map[string]*expression.Program {
	tb.Helper()
	list := map[string]*expression.Program{}
	for _, text := range sayings() {
		if p, err := expression.Compile(text); err == nil {
			list[text] = p
		}
	}
	if len(list) < len(sayings())-1 {
		tb.Fatalf("only %d of %d expressions compile", len(list), len(sayings()))
	}
	return list
}

// check runs a program twice on an event: the same result, and a valid one.
func check(tb rapid.TB, text string, p *expression.Program, value []byte) {
	evs, err := schema.Decode(nil, value, schema.Limits{})
	if err != nil {
		return
	}
	for i := range evs {
		var first, second expression.Env
		first.Reset(&evs[i])
		second.Reset(&evs[i])
		v, err := p.Value(&first)
		again, errAgain := p.Value(&second)
		switch {
		case string(v) != string(again) || (err == nil) != (errAgain == nil):
			tb.Fatalf("%s on %s: %s, %v, then %s, %v", text, value, v, err, again, errAgain)
		case err != nil && v != nil, err != nil && err.Error() != errAgain.Error():
			tb.Fatalf("%s on %s: %s and %v, then %v", text, value, v, err, errAgain)
		case v != nil && !jsontext.Value(v).IsValid(jsontext.AllowDuplicateNames(true)):
			tb.Fatalf("%s on %s: not valid: %s", text, value, v)
		}
		yes, err := p.Bool(&first)
		if yesAgain, errAgain := p.Bool(&second); yes != yesAgain || (err == nil) != (errAgain == nil) {
			tb.Fatalf("%s on %s: %v, %v, then %v, %v", text, value, yes, err, yesAgain, errAgain)
		}
	}
}

// TestSecrets holds that no failure quotes the event.
func TestSecrets(t *testing.T) {
	const secret = "hunter2"
	failures := 0
	for text, p := range programs(t) {
		for _, member := range []string{`"hunter2"`, `["hunter2"]`, `{"hunter2":"hunter2"}`} {
			value := `{"type":"track","event":"hunter2","userId":` + member + `,"timestamp":"hunter2","properties":{"a":` + member + `,"b":"hunter2","list":` +
				member + `,"price":"hunter2","products":` + member + `}}`
			if _, err := p.Value(read(t, value)); err != nil {
				failures++
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%s: %v", text, err)
				}
			}
		}
	}
	if failures < 50 {
		t.Errorf("only %d failures: the test hardly meets any", failures)
	}
}

func TestCorpus(t *testing.T) {
	list := programs(t)
	for _, line := range events.All() {
		for text, p := range list {
			check(t, text, p, line)
		}
	}
}

// TestOddEvents runs the expressions on events of odd values.
func TestOddEvents(t *testing.T) {
	list := programs(t)
	var value *rapid.Generator[string]
	value = rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 7).Draw(t, "kind") {
		case 0:
			return "[" + strings.Join(rapid.SliceOfN(value, 0, 3).Draw(t, "list"), ",") + "]"
		case 1:
			return `{"price":` + value.Draw(t, "price") + `,"name":` + value.Draw(t, "name") + `,"a":` + value.Draw(t, "member") + `}`
		default:
			return rapid.SampledFrom([]string{
				"null", "true", "false", "0", "-0", "-1", "64", "1.10", "1e400", "-1e400", "9223372036854775807", "9223372036854775808",
				`""`, `"a"`, `"\ud83d"`, `"2024-03-05T08:09:10Z"`, `"12h"`, `"YQ=="`, `"[1]"`, `"é"`,
			}).Draw(t, "scalar")
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var members []string
		for _, name := range []string{"a", "a", "b", "c", "list", "products", "price", "quantity", "email"} {
			members = append(members, `"`+name+`":`+value.Draw(t, name))
		}
		object := "{" + strings.Join(members, ",") + "}"
		ev := `{"type":"` + rapid.SampledFrom([]string{"track", "identify", "group"}).Draw(t, "type") + `","event":"a","userId":` + value.Draw(t, "userId") +
			`,"timestamp":` + value.Draw(t, "timestamp") + `,"properties":` + object + `,"traits":` + value.Draw(t, "traits") +
			`,"context":{"traits":` + object + `}}`
		for text, p := range list {
			check(t, text, p, []byte(ev))
		}
	})
}

// FuzzExpression compiles and runs whatever comes: no panic, the same result each time.
func FuzzExpression(f *testing.F) {
	value := []byte(order)
	for _, text := range sayings() {
		f.Add(text, value)
	}
	for _, line := range events.All() {
		f.Add(`attributes.plan ?? properties.price`, line)
	}
	f.Fuzz(func(t *testing.T, text string, value []byte) {
		p, err := expression.Compile(text)
		if err != nil {
			return
		}
		check(t, text, p, value)
	})
}

// BenchmarkBool runs a filter on a real event; one iteration reads the event as well.
func BenchmarkBool(b *testing.B) {
	for _, text := range []string{
		`type == "track" and event startsWith "Order"`,
		`type != "page" or (properties.price ?? 0) > 10`,
		`context.page.url contains "checkout"`,
	} {
		b.Run(text, func(b *testing.B) {
			p, err := expression.CompileBool(text)
			if err != nil {
				b.Fatal(err)
			}
			var evs []schema.Event
			for _, line := range events.All() {
				if evs, err = schema.Decode(evs, line, schema.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
			var env expression.Env
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				env.Reset(&evs[i%len(evs)])
				_, _ = p.Bool(&env) // some events have no page
			}
		})
	}
}
