package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/schema"
)

func TestValueText(t *testing.T) {
	for raw, want := range map[string]string{
		`""`:             "",
		`"plain"`:        "plain",
		`"Zoë"`:          "Zoë",
		`"\"\\\/\b\f\n"`: "\"\\/\b\f\n",
		`"\r\t\u0041"`:   "\r\tA",
		`"\ud83d\ude80"`: "🚀",
		`"\ud83dx"`:      "\ufffdx",
		`"\ud83d\u0041"`: "\ufffdA",
		`"\ude80"`:       "\ufffd",
		`"\u0000"`:       "\x00",
	} {
		if got, ok := schema.Value(raw).Text(); !ok || string(got) != want {
			t.Errorf("Text of %s = %q, %t, want %q", raw, got, ok, want)
		}
	}
	for _, raw := range []string{"", "1", "null", "true", "{}", "[]"} {
		if got, ok := schema.Value(raw).Text(); ok {
			t.Errorf("Text of %s = %q, want none", raw, got)
		}
	}
}

func TestValueKind(t *testing.T) {
	for raw, want := range map[string]schema.Kind{
		"": schema.Absent, "null": schema.Null, "true": schema.Bool, "false": schema.Bool, "-1.5e7": schema.Number,
		`"x"`: schema.String, "{}": schema.Object, "[]": schema.Array,
	} {
		if got := schema.Value(raw).Kind(); got != want {
			t.Errorf("Kind of %s = %d, want %d", raw, got, want)
		}
	}
}

func TestMembers(t *testing.T) {
	var got []string
	for m := schema.Value(`{ "a" : 1 , "b\u002e":{"c":[]}, "a":"last"}`).Members(); m.Next(); {
		got = append(got, string(m.Name)+"="+string(m.Value))
	}
	if diff := cmp.Diff([]string{"a=1", `b.={"c":[]}`, `a="last"`}, got); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	for _, raw := range []string{"", "{}", "{ }", "[1]", `"x"`, "null"} {
		if m := schema.Value(raw).Members(); m.Next() {
			t.Errorf("%s has member %s", raw, m.Name)
		}
	}
}

func TestMember(t *testing.T) {
	v := schema.Value(`{"a":1,"b":2,"a":3}`)
	if got := v.Member("a"); string(got) != "3" {
		t.Errorf("a = %s, want the last one", got)
	}
	if got := v.Member("c"); got != nil {
		t.Errorf("c = %s, want none", got)
	}
}
