package demo

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// copies is how often the people of the corpus exist. They take turns, so that the events of one
	// lie among those of all others.
	copies = 500
	// brokenEvery is how often a record is broken on purpose.
	brokenEvery = 250
	// past is how long ago the first event happened. People's events are a second apart, however fast
	// they are produced, since that is the finest time that Customer.io keeps.
	past = 24 * time.Hour
)

// generator makes the records of the demo, in order. It is not safe for concurrent use.
type generator struct {
	stories [][]template
	topic   string
	start   time.Time
	random  *rand.Rand
	turns   []int // the copies in the order of this round
	places  []place
	n       int  // the number of the next event
	whole   bool // no record is broken on purpose
}

// place is how far a copy has come.
type place struct{ story, at, visit int }

// newGenerator returns a generator whose stream depends on nothing but the seed and the time.
func newGenerator(topic string, seed uint64, now time.Time) (*generator, error) {
	corpus, err := stories()
	if err != nil {
		return nil, err
	}
	g := &generator{
		stories: corpus, topic: topic, start: now.Add(-past).Truncate(time.Second),
		random: rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // repeatable on purpose
		turns:  make([]int, copies), places: make([]place, copies),
	}
	for i := range copies { // each in the middle of something
		story := i % len(corpus)
		g.turns[i], g.places[i] = i, place{story: story, at: g.random.IntN(len(corpus[story]))}
	}
	return g, nil
}

// next returns the next record, made at now.
func (g *generator) next(now time.Time) *kgo.Record {
	turn := g.n % copies
	if turn == 0 {
		g.random.Shuffle(copies, func(i, j int) { g.turns[i], g.turns[j] = g.turns[j], g.turns[i] })
	}
	who := g.turns[turn]
	p := &g.places[who]
	t := &g.stories[p.story][p.at]
	visit := p.visit
	if p.at++; p.at == len(g.stories[p.story]) {
		*p = place{story: (p.story + 1) % len(g.stories), visit: visit + 1}
	}
	when := g.start.Add(time.Duration(g.n/copies)*time.Second + time.Duration(turn)*time.Second/copies)
	if when.After(now) { // the demo has caught up with the present
		when = now
	}
	key := strings.ReplaceAll(t.key, holeCopy.mark(), strconv.Itoa(who))
	value := t.fill(filling{who, visit, g.n, when})
	if !g.whole && g.n%brokenEvery == brokenEvery-1 {
		value = spoil(value, key, g.n, when)
	}
	g.n++
	return &kgo.Record{
		Topic: g.topic, Partition: partition(key), Key: []byte(key), Value: value, Timestamp: now,
	}
}

// filling is what goes into the holes of one event.
type filling struct {
	who, visit, n int
	when          time.Time
}

// fill writes one copy of the event.
func (t *template) fill(f filling) []byte {
	size := 16 * len(t.holes)
	for _, s := range t.text {
		size += len(s)
	}
	v := make([]byte, 0, size)
	for i, h := range t.holes {
		v = append(v, t.text[i]...)
		switch h {
		case holeCopy:
			v = strconv.AppendInt(v, int64(f.who), 10)
		case holeVisit:
			v = strconv.AppendInt(v, int64(f.visit), 10)
		case holeMessage, holeSeq:
			v = strconv.AppendInt(v, int64(f.n), 10)
		case holeTime:
			v = appendTime(v, f.when)
		}
	}
	return append(v, t.text[len(t.holes)]...)
}

func appendTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}

// spoil returns in place of an event something that nobody can deliver, each kind in turn: one that
// was cut off, none at all, one too large for Customer.io, and one without a name.
func spoil(value []byte, key string, n int, when time.Time) []byte {
	switch n / brokenEvery % 4 {
	case 0:
		return value[:len(value)*3/5]
	case 1:
		return nil
	case 2:
		return oddTrack(`"event":"Catalogue Exported",`, oversized(), key, n, when)
	default:
		return oddTrack("", "{}", key, n, when)
	}
}

func oddTrack(name, properties, key string, n int, when time.Time) []byte {
	v := fmt.Appendf(nil, `{"channel":"server",%s"messageId":"message-%d","properties":%s,"timestamp":"`, name, n, properties)
	v = appendTime(v, when)
	return fmt.Appendf(v, `","type":"track","userId":%q}`, key)
}

// oversized is more event data than any endpoint of Customer.io takes.
func oversized() string {
	var b bytes.Buffer
	for i := range 150 {
		fmt.Fprintf(&b, `"product_%d":"%s",`, i, strings.Repeat("x", 900))
	}
	return "{" + b.String() + `"products":150}`
}

// partition is RudderStack's choice for a key: FNV-1a, its low 31 bits, modulo.
func partition(key string) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return int32(h.Sum32()&0x7fffffff) % partitions
}
