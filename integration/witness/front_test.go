package witness

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/history"
)

// TestAnAnswerThatNobodyReadIsDoubted, if its connection ends and what it was to is sent again; not if the
// connection was used again.
func TestAnAnswerThatNobodyReadIsDoubted(t *testing.T) {
	rec := history.NewRecorder()
	written := make(chan struct{}, 10)
	f := NewFront(rec, func(at Moment, _ string) bool {
		if at == Answered {
			written <- struct{}{}
		}
		return true
	})
	defer f.Close()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", strings.TrimPrefix(f.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	send := func(c net.Conn, seq int) {
		body := fmt.Sprintf(`{"batch":[{"type":"person","action":"event","identifiers":{"id":"u"},"name":"n","attributes":{"_seq":%d}}]}`, seq)
		fmt.Fprintf(c, "POST /life-1/api/v2/batch HTTP/1.1\r\nHost: a\r\nAuthorization: Basic c2l0ZTprZXk=\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		<-written
	}
	read := func(c net.Conn) {
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	impatient, faulty := dial(), dial()
	send(impatient, 1) // does not read the answer
	impatient.Close()
	send(faulty, 2)
	read(faulty)
	send(faulty, 3)
	read(faulty)
	faulty.Close()
	for f.ended() < 2 {
		time.Sleep(time.Millisecond)
	}
	other := dial()
	defer other.Close()
	send(other, 1)
	read(other)
	send(other, 2)
	h := rec.History()
	f.Doubt(h)
	for _, e := range h {
		if e.Answer != nil && e.Answer.Unclear != (e.Answer.Request == 1) {
			t.Errorf("the answer to request %d, of status %d, is doubted: %v", e.Answer.Request, e.Answer.Status, e.Answer.Unclear)
		}
	}
}

// ended counts the connections that ended with an answer.
func (f *Front) ended() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.unread)
}
