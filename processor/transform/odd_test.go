package transform_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/processor/transform/filter"
	"github.com/pintle-io/pintle/processor/transform/shape"
)

// TestOddEvents is TestGeneratedEvents in small: rapid makes every choice of the grammar itself, and so it
// can make the event that fails smaller.
func TestOddEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
		j := newJudge(t, drawOptions(pick, []transform.Profile{transform.Guide, transform.Current}[pick(2)]))
		g := newGrammar(pick)
		for range 3 {
			j.judge(g.value())
		}
		j.workspace.flush()
	})
}

// drawOptions draws options of the mapping.
func drawOptions(pick func(int) int, profile transform.Profile) transform.Options {
	o := transform.Options{Profile: profile}
	if pick(4) == 0 {
		return o
	}
	one := func(of ...string) string { return of[pick(len(of))] }
	o.Identifiers.UserID = transform.UserID(one("", "auto", "auto", "auto", "id", "email", "cio_id"))
	o.Identifiers.EmailsAreIDs = o.Identifiers.UserID != transform.UserIDEmail && pick(4) == 0
	lists := [][]transform.Fallback{
		nil,
		{},
		{transform.AnonymousAsID},
		{transform.AnonymousEvent},
		{transform.Email},
		{transform.Email, transform.AnonymousAsID},
		{transform.AnonymousEvent, transform.Email},
	}
	if o.Identifiers.EmailsAreIDs {
		lists = lists[:4]
	}
	o.Identifiers.WithoutUserID = lists[pick(len(lists))]
	o.Screens = transform.Screens(one("", "event", "screen"))
	o.CreatedAt = transform.CreatedAt(one("", "event_time", "given"))
	o.DeviceEvents = []string{"Signed In"}
	o.DeleteEvents, o.SuppressEvents, o.UnsuppressEvents = []string{"Account Deleted"}, []string{"Opted Out"}, []string{"Opted In"}
	o.Groups.ObjectType = one("", "3")
	o.Groups.RelationshipTraits = []string{"role"}
	o.Subscriptions = []transform.Subscription{{Trait: "newsletter", Sets: one("topic_1", "subscribed", "unsubscribed")}, {Trait: "plan", Sets: "topic_2"}}
	o.Filters = drawFilters(pick)
	o.Shaping = drawShaping(pick)
	return o
}

// drawFilters draws filters, most of them few.
func drawFilters(pick func(int) int) (o filter.Options) {
	switch pick(8) {
	case 1:
		o.DenyEvents = []string{"Denied", "Order Completed"}
	case 2:
		o.AllowEvents = []string{"Signed Up", "Application Opened"}
	case 3:
		o.ExcludeChannels = []string{"server"}
	case 4:
		o.Consent = filter.Consent{IDs: []string{"c1", "c2"}, Any: pick(2) == 0, Strict: pick(2) == 0}
	case 5:
		o.Where = []string{`type != "page"`, `userId != "x"`, `properties.plan == "x"`, `len(string(traits.plan ?? "")) < 3`}[pick(4)]
	}
	return o
}

// drawShaping draws rules for attributes.
func drawShaping(pick func(int) int) (o shape.Options) {
	if pick(3) > 0 {
		return o
	}
	o.HashKey = []byte("0123456789abcdef")
	for range 1 + pick(2) {
		rule := shape.Rule{Types: [][]string{nil, {"identify"}, {"track", "page"}, {"group"}}[pick(4)]}
		switch pick(5) {
		case 0:
			rule.Keep = []string{"plan", "email", "id", "createdAt"}
		case 1:
			rule.Drop = []string{"plan", "address", "name"}
		case 2:
			rule.Rename = []shape.Pair{{Name: "plan", Value: "email"}, {Name: "name", Value: "id"}, {Name: "city", Value: "anonymous_id"}, {Name: "phone", Value: "_timestamp"}}
		case 3:
			rule.Set = []shape.Pair{{Name: "email", Value: "userId"}, {Name: "created_at", Value: "properties"}, {Name: "id", Value: "context"}}
		case 4:
			rule.Hash = []string{"email", "plan", "id", "createdAt"}
		}
		o.Rules = append(o.Rules, rule)
	}
	return o
}
