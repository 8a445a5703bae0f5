package processor

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// With a session of 10 s a lease lasts 8.5 s.
func TestTheLeaseLastsFromTheLastProofOfMembership(t *testing.T) {
	const heartbeat, sync = true, false
	type answer struct {
		written, came float64 // seconds
		heartbeat     bool
	}
	asked := answer{written: -1} // the client asks who the coordinator is
	joins := func(at float64) answer { return answer{written: -2, came: at} }
	beats := func(times ...float64) (list []answer) {
		for _, at := range times {
			list = append(list, answer{at, at, heartbeat})
		}
		return list
	}
	tests := []struct {
		name    string
		answers []answer
		at      float64
		held    bool
	}{
		{"before any answer", nil, 1, false},
		{"after the first answer, whatever it is to", []answer{{1, 1, sync}}, 1, true},
		{"just before its end", beats(1), 9.4, true},
		{"at its end", beats(1), 9.5, false},
		{"an answer that nothing followed proves nothing yet", beats(1, 2), 9.5, false},
		{"the next one confirms it", beats(1, 2, 3), 10.4, true},
		{"and waits for its own", beats(1, 2, 3), 10.5, false},
		{"so does a join", append(beats(1, 2), joins(2.1)), 10.4, true},
		{"a join by itself proves nothing", []answer{{1, 1, heartbeat}, joins(5)}, 9.5, false},
		{"it counts from when the request was written", []answer{{1, 8, heartbeat}}, 9.6, false},
		{"an older request that is answered later shortens nothing", []answer{{3, 3, heartbeat}, {1, 4, sync}, {4, 5, heartbeat}}, 11, true},
		{"one answer after a lapse may be the refusal", beats(1, 20), 20, false},
		{"two heartbeats after a lapse restore it", beats(1, 20, 21), 21, true},
		{"it counts from the first of them", beats(1, 20, 21), 28.4, true},
		{"and ends again", beats(1, 20, 21), 28.5, false},
		{"a second lapse takes two again", beats(1, 20, 21, 40), 40, false},
		{"a join does not restore it", append(beats(1, 20), joins(20.1)), 20.1, false},
		{"nor does what is answered after it", append(beats(1, 20), joins(20.1), answer{20.2, 20.2, heartbeat}), 20.2, false},
		{"after a rejoin it waits for the heartbeat", []answer{{1, 1, heartbeat}, {20, 20, heartbeat}, {20.1, 20.1, sync}}, 20.2, false},
		{"which restores it", []answer{{1, 1, heartbeat}, {20.1, 20.1, sync}, {20.6, 20.6, heartbeat}}, 20.6, true},
		{"an answer that lay in the socket during a freeze is none of the two", []answer{{1, 1, heartbeat}, {2, 20, heartbeat}, {20, 20, heartbeat}}, 20, false},
		{"the next but one is the second", []answer{{1, 1, heartbeat}, {2, 20, heartbeat}, {20, 20, heartbeat}, {21, 21, heartbeat}}, 21, true},
		{"a second one so late that the session may be over is a first one", beats(1, 20, 30), 30, false},
		{"nor one that lay there while the lease had lapsed", []answer{{1, 1, heartbeat}, {10, 30, heartbeat}, {30, 30, heartbeat}}, 30, false},
		{"a refusal by a broker that is not the coordinator renews nothing", append(beats(1, 2, 3), asked, answer{4, 4, heartbeat}), 10.5, false},
		{"what was confirmed before it still counts", append(beats(1, 2, 3), asked, answer{4, 4, heartbeat}), 10.4, true},
		{"and what is answered after", append(append(beats(1, 2, 3), asked), beats(4, 5)...), 12.4, true},
		{"refusals after a lapse restore nothing", append(append(beats(1, 20), asked), beats(20.5)...), 20.5, false},
		{"one answer and a refusal do", append(beats(1, 20, 21), asked), 21, true},
		{"for as long as that answer proves", append(beats(1, 20, 21), asked), 28.5, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			moment := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
			l := newLease(10 * time.Second)
			for _, a := range tt.answers {
				switch {
				case a == asked:
					l.doubt()
				case a == joins(a.came):
					l.joins(moment(a.came))
				default:
					l.answer(moment(a.came), moment(a.written), a.heartbeat)
				}
			}
			if got := l.held(moment(tt.at)); got != tt.held {
				t.Errorf("held at %v s: %v", tt.at, got)
			}
			if since := l.lapsed(moment(tt.at)); since.IsZero() != (tt.held || len(tt.answers) == 0) {
				t.Errorf("lapsed since %v", since)
			}
		})
	}
}

func TestTheLeaseHearsOfTheRequestsThatProveMembership(t *testing.T) {
	proofs := map[kmsg.Key]bool{kmsg.Heartbeat: true, kmsg.SyncGroup: true, kmsg.ConsumerGroupHeartbeat: true}
	for key := range int16(80) {
		l := newLease(10 * time.Second)
		l.OnBrokerE2E(kgo.BrokerMetadata{}, key, kgo.BrokerE2E{ReadErr: errors.New("no answer")})
		if l.Held() {
			t.Errorf("%s: held without an answer", kmsg.NameForKey(key))
		}
		l.OnBrokerE2E(kgo.BrokerMetadata{}, key, kgo.BrokerE2E{TimeToRead: 9 * time.Second})
		if l.Held() {
			t.Errorf("%s: held by a request that was written 9 s ago", kmsg.NameForKey(key))
		}
		l = newLease(10 * time.Second)
		l.OnBrokerE2E(kgo.BrokerMetadata{}, key, kgo.BrokerE2E{TimeToRead: time.Second})
		if l.Held() != proofs[kmsg.Key(key)] {
			t.Errorf("%s: held: %v", kmsg.NameForKey(key), l.Held())
		}
	}
}

func TestTheLeaseHearsOfJoinsAndOfTheQuestionWhoTheCoordinatorIs(t *testing.T) {
	for name, tc := range map[string]struct {
		hook func(*lease)
		want time.Duration
	}{
		"a join": {func(l *lease) { l.OnBrokerWrite(kgo.BrokerMetadata{}, kmsg.JoinGroup.Int16(), 1, 0, 0, nil) }, 0},
		"a join that was not written": {func(l *lease) {
			l.OnBrokerWrite(kgo.BrokerMetadata{}, kmsg.JoinGroup.Int16(), 0, 0, 0, errors.New("no"))
		}, 8 * time.Second},
		"something else": {func(l *lease) { l.OnBrokerWrite(kgo.BrokerMetadata{}, kmsg.OffsetCommit.Int16(), 1, 0, 0, nil) }, 8 * time.Second},
		"the question, answered": {func(l *lease) {
			l.OnBrokerE2E(kgo.BrokerMetadata{}, kmsg.FindCoordinator.Int16(), kgo.BrokerE2E{})
			l.joins(time.Now())
		}, 8 * time.Second},
		"the question, without answer": {func(l *lease) {
			l.OnBrokerE2E(kgo.BrokerMetadata{}, kmsg.FindCoordinator.Int16(), kgo.BrokerE2E{ReadErr: errors.New("no")})
			l.joins(time.Now())
		}, 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			l, now := newLease(10*time.Second), time.Now()
			l.answer(now, now.Add(-8*time.Second), true)
			l.answer(now, now, true)
			tc.hook(l)
			if got := time.Since(l.proved).Round(time.Second); got != tc.want {
				t.Errorf("the newest proof is %v old, want %v", got, tc.want)
			}
		})
	}
}

// A neighbour may drain for revokeDrain while nobody's heartbeats go out.
func TestTheLeaseOutlastsTheDrainOfANeighbour(t *testing.T) {
	for _, session := range []time.Duration{time.Second, 6 * time.Second, 10 * time.Second, 45 * time.Second} {
		c := Config{Session: session}.withDefaults()
		if span, drain, beat := newLease(session).span, c.revokeDrain(), session/10; span < drain+beat {
			t.Errorf("session %v: a lease of %v does not outlast a drain of %v and a heartbeat interval", session, span, drain)
		}
	}
}
