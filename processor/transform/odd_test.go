package transform_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pintle-io/pintle/processor/transform"
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
	return o
}

// excused says why a drop or a warning of the stand-in does not come from the form of an operation, and
// nothing when it does. There is no other excuse than these.
func excused(reason string, it *item, o *transform.Options) string {
	who := append([]identifier{it.who, it.secondary}, it.related...)
	has := func(is func(identifier) bool) bool { return slices.ContainsFunc(who, is) }
	strange := has(func(id identifier) bool { return id.key == "cio_id" && !strings.HasPrefix(id.value, "a3000000000") })
	ids := o.Identifiers.UserID == transform.UserIDID || o.Identifiers.EmailsAreIDs
	for _, x := range []struct {
		reason string
		when   bool
		why    string
	}{
		{"unknown_cio_id", strange, "a cio_id that was given to nobody, and nobody can be given one"},
		{"unknown_person", strange, "a cio_id that was given to nobody, and nobody can be given one"},
		{"merge_no_primary", strange, "a cio_id that was given to nobody, and nobody can be given one"},
		{"merge_no_secondary", strange, "a cio_id that was given to nobody, and nobody can be given one"},
		{"id_looks_like_email", ids, "the options say that such an id is an id"},
		{"id_has_cio_prefix", ids, "the options say that such an id is an id"},
		{"id_has_cio_prefix", has(func(id identifier) bool { return !isCioID(id.value) }), "behind the prefix stands no cio_id: the paths of v1 take it for an id too"},
		{"id_looks_like_email", has(func(id identifier) bool { return strings.Contains(id.value, "@[") }), "an address of an IP, which is an odd id rather than anybody's e-mail address"},
		{"no endpoint takes it", has(isOddID) && len(it.raw) > 32_000, "v1, which takes large items, would take the id for an e-mail address or a cio_id"},
	} {
		if x.reason == reason && x.when {
			return x.why
		}
	}
	return ""
}

// isOddID reports whether an id has the look of another kind of identifier.
func isOddID(id identifier) bool {
	return id.key == "id" && (strings.Contains(id.value, "@") || strings.HasPrefix(id.value, "cio_"))
}

// isCioID reports whether an id is cio_ and letters and digits.
func isCioID(id string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(id), "cio_")
	return ok && rest != "" && strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
