package admin

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
)

func TestGaps(t *testing.T) {
	o := fixed(running(nil), deadletter.Stats{})
	o.Gaps = func() []processor.Gap { return nil }
	if text := ask(t, o, "/api/v1/gaps").Body.String(); text != "{\n  \"gaps\": []\n}\n" {
		t.Errorf("without gaps: %s", text)
	}
	o.Gaps = func() []processor.Gap {
		return []processor.Gap{{
			Time: time.Date(2026, 1, 2, 4, 4, 5, 0, time.FixedZone("", 3600)), Topic: "events", Partition: 3,
			From: 100, To: 130, Resumed: 131, Reason: processor.GapRetention,
		}}
	}
	answer := ask(t, o, "/api/v1/gaps")
	if answer.Code != http.StatusOK {
		t.Errorf("answered with %d", answer.Code)
	}
	want := `{"gaps":[{"time":"2026-01-02T03:04:05Z","topic":"events","partition":3,"from":100,"to":130,"records_at_most":30,
		"resumed":131,"reason":"retention","next":"` + processor.GapRetention.Next() + `"}]}`
	if d := cmp.Diff(object(t, []byte(want)), object(t, answer.Body.Bytes())); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
