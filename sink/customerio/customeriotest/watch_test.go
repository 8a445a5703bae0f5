package customeriotest

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWatch(t *testing.T) {
	var got []string
	s, _ := start(Settings{Watch: func(r *http.Request, items []Item) {
		got = append(got, r.URL.Path)
		for _, it := range items {
			got = append(got, it.Identifier+" "+it.Outcome)
		}
	}})
	must(t, s, eventOf("1", 1))
	do(t, s, http.MethodPost, batchPath, batch(eventOf("2", 2), act("no such action", `"id":"3"`)))
	do(t, s, http.MethodPost, batchPath, "broken")
	want := []string{batchPath, "1 stored", batchPath, "2 stored", " rejected"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was told (-want +got):\n%s", diff)
	}
}
