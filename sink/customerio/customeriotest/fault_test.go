package customeriotest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// post sends a batch over a socket and returns the answer, read to its end.
func post(t *testing.T, url, body string) (status int, header http.Header, text string, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+batchPath, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth("a", "b")
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, string(b), err
}

func TestAnswersOfFaults(t *testing.T) {
	for _, row := range []struct {
		fault  Fault
		status int
		answer string
		header string // name: value
		stored int64
	}{
		{Fault{Action: Status, Status: 502, Body: "html"}, 502, "<html><head><title>502 Server Error</title></head></html>\n", "Content-Type: text/html; charset=UTF-8", 0},
		{Fault{Action: Status, Status: 500, Body: "json"}, 500, `{"meta":{"error":"Internal Server Error"}}` + "\n", "Content-Type: application/json; charset=utf-8", 0},
		{Fault{Action: Status, Status: 503, Body: "empty", Headers: map[string]string{"Retry-After": "2"}}, 503, "", "Retry-After: 2", 0},
		{Fault{Action: Status, Status: 400, Body: "truncated"}, 400, `{"meta":{"err`, "", 0},
		{Fault{Action: Status, Status: 504, Process: true, Body: "own"}, 504, "own", "", 3},
		{Fault{Action: Throttle, RetryAfter: "soon"}, 429, `{"meta":{"error":"too many requests"}}` + "\n", "Retry-After: soon", 0},
		{Fault{Action: Redirect, Status: 308, Location: "https://elsewhere.example/"}, 308, `{"meta":{"error":"moved"}}` + "\n", "Location: https://elsewhere.example/", 0},
		{Fault{Action: WrongContentType}, 200, "{}\n", "Content-Type: text/plain; charset=utf-8", 3},
		{Fault{Action: Latency, Delay: time.Millisecond, Jitter: time.Millisecond}, 200, "{}\n", "", 3},
		{Fault{Action: ConnectionClose}, 200, "{}\n", "", 3},
		{Fault{Action: SlowAnswer, BytesPerSecond: 1000}, 200, "{}\n", "", 3},
		{
			Fault{Action: ItemError, Items: []int{1}, Field: "f", Message: "m"},
			207,
			`{"errors":[{"batch_index":1,"field":"f","message":"m","reason":"invalid"}]}` + "\n", "", 2,
		},
		{
			Fault{Action: ErrorsIn200, Items: []int{0, 2}, Reason: "r", Omit: []string{"field", "message"}},
			200,
			`{"errors":[{"batch_index":0,"reason":"r"},{"batch_index":2,"reason":"r"}]}` + "\n", "", 1,
		},
		{
			Fault{Action: ItemError, ItemContains: ulidOf(2), IndexAs: "text", Omit: []string{"field", "message"}},
			207,
			`{"errors":[{"batch_index":"1","reason":"invalid"}]}` + "\n", "", 3,
		},
		{
			Fault{Action: ItemError, Items: []int{0}, IndexAs: "range", Omit: []string{"field", "message"}},
			207,
			`{"errors":[{"batch_index":3,"reason":"invalid"}]}` + "\n", "", 3,
		},
	} {
		s := New(Settings{})
		s.AddFault(row.fault)
		srv := httptest.NewServer(s.Handler())
		status, header, text, err := post(t, srv.URL, batch(eventOf("1", 1), eventOf("1", 2), eventOf("1", 3)))
		srv.Close()
		if err != nil {
			t.Errorf("%s: %v", row.fault.Action, err)
			continue
		}
		if status != row.status || text != row.answer {
			t.Errorf("%s: answer %d %s", row.fault.Action, status, text)
		}
		name, value, _ := strings.Cut(row.header, ": ")
		if name != "" && header.Get(name) != value {
			t.Errorf("%s: %s is %q", row.fault.Action, name, header.Get(name))
		}
		if got := s.Stats(); got.Stored != row.stored || got.Statuses[row.status] != 1 || got.Faults != 1 {
			t.Errorf("%s: stats %+v", row.fault.Action, got)
		}
	}
}

func TestBrokenConnections(t *testing.T) {
	large := batch(eventOf("1", 1), `{"type":"person","action":"event","identifiers":{"id":"1"},"name":"e","timestamp":1,"attributes":{"a":"`+long(30_000)+`"}}`)
	for _, row := range []struct {
		action Action
		stored int64
		err    error
	}{
		// What a client sees of a reset depends on what it was about to do.
		{ResetBeforeRead, 0, nil},
		{ResetMidBody, 0, nil},
		{ResetAfterProcess, 2, nil},
		{ShortBody, 2, io.ErrUnexpectedEOF},
	} {
		s := New(Settings{})
		s.AddFault(Fault{Action: row.action, Times: 1})
		srv := httptest.NewServer(s.Handler())
		_, _, _, err := post(t, srv.URL, large)
		if err == nil || row.err != nil && !errors.Is(err, row.err) {
			t.Errorf("%s: the client sees %v", row.action, err)
		}
		if got := s.Stats().Stored; got != row.stored {
			t.Errorf("%s: stored %d", row.action, got)
		}
		if status, _, text, err := post(t, srv.URL, large); err != nil || status != 200 {
			t.Errorf("%s: then %s, %v", row.action, text, err)
		}
		srv.Close()
	}
}

func TestRepeatAfterALostAnswer(t *testing.T) {
	s := New(Settings{})
	s.AddFault(Fault{Action: ResetAfterProcess, Times: 1})
	srv := httptest.NewServer(s.Handler())
	defer srv.Close()
	body := batch(identifyOf("1", noon, `"a":1,"_seq":1`), eventOf("1", 2), eventOf("1", 3))
	if _, _, _, err := post(t, srv.URL, body); err == nil {
		t.Fatal("the answer came")
	}
	before := s.People()
	if status, _, text, err := post(t, srv.URL, body); err != nil || status != 200 {
		t.Fatalf("%s, %v", text, err)
	}
	if diff := cmp.Diff(before, s.People()); diff != "" {
		t.Errorf("the repeat changed people:\n%s", diff)
	}
	st := s.Stats()
	if st.Resent != 3 || st.Duplicates != 0 || st.OrderViolations != 0 || len(s.Events(EventFilter{})) != 2 {
		t.Errorf("stats %+v", st)
	}
	if got := s.Assert(Expectation{Deliveries: []Delivery{{"1", 1}, {"1", 2}, {"1", 3}}, Exactly: true, Repeats: true}); len(got) > 0 {
		t.Error(got)
	}
	if got := s.Assert(Expectation{Deliveries: []Delivery{{"1", 4}}, Exactly: true}); len(got) != 5 {
		t.Errorf("complaints %q", got)
	}
}

func TestWhichRequests(t *testing.T) {
	for _, row := range []struct {
		fault Fault
		want  string // one digit per request: 1 where it is done
	}{
		{Fault{}, "11111111"},
		{Fault{Times: 2}, "11000000"},
		{Fault{Nth: 3}, "00100000"},
		{Fault{Every: 3}, "00100100"},
		{Fault{Every: 2, Times: 1}, "01000000"},
		{Fault{Method: "GET"}, "00000000"},
		{Fault{PathContains: "batch"}, "11111111"},
		{Fault{PathContains: "entity"}, "00000000"},
		{Fault{BodyContains: ulidOf(4)}, "00001000"},
		{Fault{Until: time.Unix(1_800_000_003, 0)}, "11110000"},
		{Fault{From: time.Unix(1_800_000_002, 0), Until: time.Unix(1_800_000_004, 0)}, "00111000"},
		{Fault{From: time.Unix(1_800_000_002, 0), Nth: 2}, "00010000"},
		{Fault{Probability: 0.5, Seed: 1}, "10001000"},
	} {
		s, clock := start(Settings{})
		row.fault.Action = Status
		s.AddFault(row.fault)
		var got strings.Builder
		for i := range 8 {
			status, _ := do(t, s, http.MethodPost, batchPath, batch(eventOf("1", i)))
			if status == 500 {
				got.WriteByte('1')
			} else {
				got.WriteByte('0')
			}
			clock.Time = clock.Add(time.Second)
		}
		if got.String() != row.want {
			t.Errorf("%+v: done to %s, want %s", row.fault, got.String(), row.want)
		}
	}
}

func TestHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Settings{})
		s.AddFault(Fault{Action: Hang, Process: true})
		var status any = "none"
		go func() {
			defer func() { status = recover() }()
			do(t, s, http.MethodPost, batchPath, batch(eventOf("1", 1)))
		}()
		time.Sleep(time.Hour)
		synctest.Wait()
		if status != "none" || s.Stats().Stored != 1 || s.Stats().InFlight != 1 {
			t.Errorf("after an hour: %v, %+v", status, s.Stats())
		}
		s.ClearFaults()
		synctest.Wait()
		if err, _ := status.(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("it ended with %v", status)
		}
	})
}
