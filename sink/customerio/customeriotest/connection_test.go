package customeriotest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestConnections(t *testing.T) {
	s := New(Settings{})
	srv := httptest.NewUnstartedServer(s.Handler())
	srv.Config.ConnState = s.ConnState
	srv.Start()
	defer srv.Close()
	client := srv.Client()
	send := func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+batchPath, strings.NewReader(batch(eventOf("1", 1))))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("a", "b")
		answer, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("the client: %w", err)
		}
		defer answer.Body.Close()
		_, err = io.Copy(io.Discard, answer.Body)
		return err
	}
	for range 3 {
		if err := send(); err != nil {
			t.Fatal(err)
		}
	}
	if st := s.Stats(); st.Opened != 1 || st.Connections != 1 || st.SameBody != 2 {
		t.Errorf("three requests with one body on one connection are %+v", st)
	}
	s.AddFault(Fault{Action: ResetAfterProcess})
	if err := send(); err == nil {
		t.Fatal("the answer came")
	}
	if st := s.Stats(); st.Connections != 0 {
		t.Errorf("after the reset %d are open", st.Connections)
	}
}

func TestSameBodyIsForgottenWithTheLog(t *testing.T) {
	s, _ := start(Settings{RequestLog: 2})
	for _, n := range []int{1, 2, 3, 1, 1} {
		must(t, s, eventOf("1", n))
	}
	if n := s.Stats().SameBody; n != 1 {
		t.Errorf("%d are the same as one of the two before", n)
	}
	if n := len(s.requests.digests); n != 1 {
		t.Errorf("%d digests are kept of two requests with one body", n)
	}
	if r := s.Requests(0); r[0].Digest == 0 || r[0].Digest != r[1].Digest {
		t.Errorf("the digests of equal bodies are %x and %x", r[0].Digest, r[1].Digest)
	}
}

func TestClientThatGoesAway(t *testing.T) {
	for _, faults := range [][]Fault{nil, {{Action: Status, Status: http.StatusBadGateway}}, {{Action: Status, BodyContains: "x"}}} {
		s := New(Settings{})
		for _, f := range faults {
			s.AddFault(f)
		}
		ended := make(chan struct{})
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			s.Handler().ServeHTTP(w, r)
		}))
		var d net.Dialer
		conn, err := d.DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YTpi\r\nContent-Length: 1000\r\n\r\n%s", batchPath, batch(eventOf("1", 1)))
		conn.Close()
		<-ended
		if st := s.Stats(); st.Statuses[0] != 1 || len(st.Statuses) != 1 || st.Items != 0 {
			t.Errorf("with %+v a body that was cut off is booked as %+v", faults, st)
		}
		srv.Close()
	}
}

func TestSlowReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Settings{})
		s.AddFault(Fault{Action: SlowRead, BytesPerSecond: 100})
		body := batch(eventOf("1", 1))
		began := time.Now()
		if status, answer := do(t, s, http.MethodPost, batchPath, body); status != http.StatusOK {
			t.Fatalf("answer %d %s", status, answer)
		}
		least := time.Duration(len(body)) * time.Second / 100
		if took := time.Since(began); took < least || took > least+time.Second {
			t.Errorf("%d bytes took %v", len(body), took)
		}
	})
}

// stuck is a body that must not be read.
type stuck struct{ t *testing.T }

func (b stuck) Read([]byte) (int, error) {
	b.t.Error("the body is read")
	return 0, io.EOF
}

func TestHangUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Settings{})
		s.AddFault(Fault{Action: Hang, Unread: true})
		done := make(chan any)
		go func() {
			defer func() { done <- recover() }()
			req := httptest.NewRequest(http.MethodPost, batchPath, stuck{t})
			s.Handler().ServeHTTP(httptest.NewRecorder(), req)
		}()
		synctest.Wait()
		if n := s.Stats().InFlight; n != 1 {
			t.Errorf("%d in flight", n)
		}
		s.ClearFaults()
		<-done
		if n := s.Stats().Statuses[0]; n != 1 {
			t.Errorf("%d broken off", n)
		}
	})
}

func TestRetryAfterDate(t *testing.T) {
	s, clock := start(Settings{})
	s.AddFault(Fault{Action: Throttle, RetryIn: 90 * time.Second})
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, batchPath, http.NoBody))
	at, err := http.ParseTime(w.Header().Get("Retry-After"))
	if err != nil || !at.Equal(clock.Add(90*time.Second)) || w.Code != http.StatusTooManyRequests {
		t.Errorf("answer %d, Retry-After %q: %v", w.Code, w.Header().Get("Retry-After"), err)
	}
}
