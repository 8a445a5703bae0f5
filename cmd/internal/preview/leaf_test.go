package preview

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/schema"
)

func TestLeaves(t *testing.T) {
	var got []string
	for _, l := range leaves(nil, "", schema.Value(`{"a":{"b":1,"c":{}},"d":[1,{"x":2}],"e":[ {"f":"g"} , {"f":null}],"h":[],"i.j":true}`)) {
		got = append(got, l.path+"="+string(l.value))
	}
	want := []string{"a.b=1", "a.c={}", `d=[1,{"x":2}]`, `e.0.f="g"`, "e.1.f=null", "h=[]", "i.j=true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLookUp(t *testing.T) {
	v := schema.Value(`{"a":{"b":1,"b.c":{"d":2}},"a.b.e":3,"f":"text"}`)
	for path, want := range map[string]string{"a.b": "1", "a.b.c.d": "2", "a.b.e": "3", "f": `"text"`, "f.g": "", "a.x": "", "": ""} {
		if got := string(lookUp(v, path)); got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
}
