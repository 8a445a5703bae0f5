package integration

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// outage: the destination goes away while events come in; half of the time it refuses connections,
// half of the time it answers 503. Nothing is lost or repeated, and nothing becomes a letter. The
// program stays ready: it does what it should.
func outage(s *stage) {
	s.produce(1000)
	m := s.start()
	s.until("the first deliveries", func() (bool, string) {
		return s.dest.count() > 0, s.dest.summary()
	})
	wait := s.trickle(2000, 200)
	s.dest.down(refuseConnections)
	time.Sleep(s.broker.outage / 2)
	s.dest.down(answer503)
	time.Sleep(s.broker.outage / 2)
	before := s.dest.count()
	if code, text := m.ask("/readyz"); code != http.StatusOK {
		s.Errorf("during the outage /readyz answers %d: %s", code, text)
	}
	s.dest.down(up)
	wait()
	s.settled()
	if after := s.dest.count(); after <= before {
		s.Errorf("%d events had arrived before the end of the outage, %d after: it held nothing back", before, after)
	}
}

// poison: records that cannot be delivered, among others that can.
func poison(s *stage) {
	deep := []byte(`{"type":"track","event":"deep","userId":"user-1","properties":` + strings.Repeat(`{"a":`, 80) + "1" + strings.Repeat("}", 81))
	headers := []kgo.RecordHeader{{Key: "a", Value: []byte("1")}, {Key: "a", Value: []byte{0xff, 0}}, {Key: "none"}, {Key: "empty", Value: []byte{}}}
	bad := []func() *sent{
		func() *sent { return s.odd([]byte(`{"type":"track","event":"cut`), lettered, "decode", headers...) },
		func() *sent { return s.odd([]byte(`42`), lettered, "decode") },
		func() *sent { return s.odd([]byte{}, lettered, "decode") },
		func() *sent { return s.odd([]byte("{\"type\":\"track\",\"event\":\"\xff\"}"), lettered, "decode") },
		func() *sent { return s.odd(deep, lettered, "decode") },
		func() *sent { return s.odd(bytes.Repeat([]byte("x"), recordLimit+1), lettered, "decode") },
		func() *sent { return s.odd([]byte(`{"userId":"user-1"}`), lettered, "invalid") },
		func() *sent { return s.odd(huge(), lettered, "too_large", headers...) },
		func() *sent { return s.odd(nil, filtered, "tombstone") },
		func() *sent {
			return s.odd([]byte(`{"type":"zebra","userId":"user-1","messageId":"z"}`), filtered, "unsupported_type")
		},
	}
	m := s.start()
	for i := range 50 {
		s.produce(20)
		s.enqueue(bad[i%len(bad)]())
	}
	s.flush()
	s.settled()
	if text := m.log(); strings.Contains(text, "example.com") {
		s.Error("the log quotes personal values of events")
	}
}

// recordLimit is what the members of the suite are told to take at most.
const recordLimit = 400_000

// huge is a track of more event data than any endpoint takes.
func huge() []byte {
	var b bytes.Buffer
	b.WriteString(`{"type":"track","event":"huge","userId":"user-1","messageId":"huge","timestamp":"2026-01-01T00:00:00Z","properties":{`)
	for i := range 150 {
		fmt.Fprintf(&b, `"p%d":"%s",`, i, strings.Repeat("y", 900))
	}
	b.WriteString(`"end":true}}`)
	return b.Bytes()
}

// refusedItems: the destination takes batches but for some of their items, which it names in its
// answer. They become letters, one each, and their neighbours are delivered once.
func refusedItems(s *stage) {
	for i := range 3000 {
		e := s.nextEvent(func(e *sent) {
			if i%100 == 50 && !e.event.Off {
				e.end, e.reason = lettered, "rejected"
				number := fmt.Appendf(nil, `"_seq":%d`, e.event.Seq)
				e.record.Value = bytes.Replace(e.record.Value, number, fmt.Appendf(nil, `%q:1,%s`, refusal, number), 1)
			}
		})
		s.enqueue(e)
	}
	s.flush()
	s.start()
	s.settled()
	if n := s.dest.refused(); n == 0 {
		s.Error("the destination refused nothing: the scenario showed nothing")
	}
}

// wrongKey: the destination does not know our key. Everything is held and said plainly; when the
// key is accepted, everything goes out.
func wrongKey(s *stage) {
	s.dest.revokeKey()
	s.produce(2000)
	m := s.start()
	s.until("/readyz to say that the key is wrong", func() (bool, string) {
		code, text := m.ask("/readyz")
		return code == http.StatusServiceUnavailable && strings.Contains(strings.ToLower(text), "key"), fmt.Sprint(code, " ", text)
	})
	if n := s.dest.count(); n > 0 {
		s.Errorf("%d events were taken with a wrong key", n)
	}
	if text := m.log(); !strings.Contains(text, "401") {
		s.Error("the log does not say that the destination answers 401")
	}
	if letters := s.readLetters(); len(letters) > 0 {
		s.Errorf("a wrong key made %d letters", len(letters))
	}
	s.dest.acceptKey()
	s.settled()
}
