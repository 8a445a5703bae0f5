package integration

import (
	"fmt"
	"time"

	"github.com/pintle-io/pintle/integration/program"
)

// member is one process of the group.
type member struct {
	*program.Member
	stage *stage
	books program.Account // those that it closed with
	ended bool
	dead  bool // it was killed, and its books with it
}

// start starts one more member.
func (s *stage) start() *member {
	s.Helper()
	m, err := program.Run(s.ctx, s.broker.binary, s.TempDir(), fmt.Sprintf("member-%d", len(s.members)+1), program.Settings{
		Brokers: s.broker.addrs, Topic: s.topic, Letters: s.letters, Group: s.group, Endpoint: s.dest.url,
		SiteID: siteID, APIKey: apiKey, NextGen: s.broker.nextGen, RecordBytes: recordLimit,
		Instance: s.instance, Rate: s.rate, Session: s.broker.session,
	})
	if err != nil {
		s.Fatal(err)
	}
	started := &member{Member: m, stage: s}
	s.members = append(s.members, started)
	s.Cleanup(m.Kill)
	return started
}

// look reads the member's books.
func (m *member) look() (program.Books, error) {
	return m.Books(m.stage.ctx)
}

// stop ends the member in good order and keeps the books that it closes with.
func (m *member) stop() {
	m.stage.Helper()
	m.ended = true
	if err := m.Stop(40 * time.Second); err != nil {
		m.stage.Errorf("%s did not end well: %v\n%s", m.Name, err, m.Tail(20))
		return
	}
	last, err := m.Farewell()
	if err != nil {
		m.stage.Error(err)
	}
	m.books = last
}

// kill ends the member without warning.
func (m *member) kill() {
	m.Kill()
	m.ended, m.dead = true, true
}

// ask reads a page of the admin server.
func (m *member) ask(path string) (code int, text string) {
	m.stage.Helper()
	code, text, err := m.Get(m.stage.ctx, path)
	if err != nil {
		m.stage.Fatal(err)
	}
	return code, text
}

// log returns what the member has written.
func (m *member) log() string {
	m.stage.Helper()
	text, err := m.Output()
	if err != nil {
		m.stage.Fatal(err)
	}
	return text
}

// prove ends the members that still run and judges what the scenario left behind.
func (s *stage) prove(repeats bool) {
	s.Helper()
	o := &outcome{
		topic: s.topic, group: s.group, sent: s.sent, repeats: repeats,
		arrivals: s.dest.arrivals(), newest: s.dest.newest(), drops: s.dest.drops(), warnings: s.dest.warnings(),
	}
	for _, m := range s.members {
		if !m.ended {
			if b, err := m.look(); err != nil {
				s.Error(err)
			} else {
				o.open = append(o.open, b)
			}
			m.stop()
		}
		if !m.dead {
			o.closed = append(o.closed, m.books)
		}
	}
	if behind, err := s.behind(); err != nil || behind != 0 {
		s.Errorf("after the end %d records are not committed (%v)", behind, err)
	}
	o.letters = s.readLetters()
	problems := o.problems()
	for _, p := range problems {
		s.Error(p)
	}
	if len(problems) == 0 {
		return
	}
	for _, m := range s.members {
		s.Logf("the end of the log of %s:\n%s", m.Name, m.Tail(15))
	}
}
