package brokers

import (
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/witness"
)

// lettersRefused has the topics of letters want more replicas than are alive, and then fewer.
func lettersRefused(s *stage) {
	s.minInSync("3")
	s.must(s.cluster.Kill(s.ctx, 3))
	for _, g := range s.groups {
		s.until("letters of the "+g.name+" group to be refused", func() (bool, string) {
			text := g.refusal()
			return text != "", "they are not"
		})
	}
	m := s.mark()
	s.minInSync("2")
	s.recovered("letters refused, then taken", m)
	for _, g := range s.groups {
		s.until("letters of the "+g.name+" group to be taken", func() (bool, string) {
			text := g.refusal()
			return text == "", text
		})
	}
	s.must(s.cluster.Restart(s.ctx, 3))
}

func (s *stage) minInSync(n string) {
	s.Helper()
	for _, g := range s.groups {
		answer, err := s.admin.AlterTopicConfigs(s.ctx, []kadm.AlterConfig{{Name: "min.insync.replicas", Value: &n}}, g.settings.Letters)
		s.must(err)
		for _, a := range answer {
			s.must(a.Err)
		}
	}
}

// refusal is why letters of a process are refused, empty when they are not.
func (g *group) refusal() (text string) {
	g.stage.Helper()
	for _, l := range g.running() {
		var status struct {
			Letters struct{ Error string }
		}
		g.ask(l, "/api/v1/status", &status)
		if text == "" {
			text = status.Letters.Error
		}
	}
	return text
}

// atTheLimits produces records that are just as large as the program takes, and as the topic does.
func atTheLimits(s *stage) {
	const frame = 256 // what a batch has around a value, and more
	m := s.mark()
	for _, g := range s.groups {
		g.load().Padded(s.ctx, recordBytes, history.Delivered, "")
		g.load().Padded(s.ctx, recordBytes+1, history.Lettered, "decode")
		g.load().Padded(s.ctx, topicBytes-frame, history.Lettered, "decode")
	}
	s.recovered("records at the limits", m)
}

// deletedAhead deletes records that the groups have not read, while they are away: a gap that is reported.
func deletedAhead(s *stage) {
	for _, g := range s.groups {
		g.end()
	}
	<-time.After(3 * time.Second) // in which something comes that nobody reads
	gone := map[*group]int{}
	for _, g := range s.groups {
		gone[g] = g.deleteHalf()
	}
	m := s.mark()
	for _, g := range s.groups {
		g.start()
	}
	s.recovered("records deleted ahead of the group", m)
	for _, g := range s.groups {
		if gone[g] < partitions/2 {
			s.Errorf("of the %s group something was deleted in %d partitions: the scenario showed little", g.name, gone[g])
		}
		g.reported("retention", gone[g])
	}
}

// deleteHalf deletes half of what the group has not committed, and returns in how many partitions.
func (g *group) deleteHalf() (n int) {
	s := g.stage
	s.Helper()
	ends, err := s.admin.ListEndOffsets(s.ctx, g.settings.Topic)
	s.must(err)
	committed, err := s.admin.FetchOffsets(s.ctx, g.settings.Group)
	s.must(err)
	to := kadm.Offsets{}
	ends.Each(func(o kadm.ListedOffset) {
		c, _ := committed.Lookup(o.Topic, o.Partition)
		if half := (c.At + o.Offset) / 2; half > c.At {
			to.Add(kadm.Offset{Topic: o.Topic, Partition: o.Partition, At: half, LeaderEpoch: -1})
			g.rec.Add(history.Entry{Gone: &history.Gone{Partition: o.Partition, To: half}})
			n++
		}
	})
	answer, err := s.admin.DeleteRecords(s.ctx, to)
	s.must(err)
	s.must(answer.Error())
	return n
}

// reported sees that the processes report so many gaps in all the ways there are.
func (g *group) reported(reason string, gaps int) {
	g.stage.Helper()
	g.stage.until(fmt.Sprintf("%d gaps of the %s group to be reported", gaps, g.name), func() (bool, string) {
		listed, counted, logged := 0, 0, 0
		for _, l := range g.running() {
			for _, gap := range g.gaps(l) {
				if gap.Reason == reason {
					listed++
				}
			}
			_, metrics, err := l.Get(g.stage.ctx, "/metrics")
			g.stage.must(err)
			for line := range strings.Lines(metrics) {
				if value, ok := strings.CutPrefix(line, fmt.Sprintf("pintle_consumer_gaps_total{reason=%q} ", reason)); ok {
					n := 0
					_, err := fmt.Sscan(value, &n)
					g.stage.must(err)
					counted += n
				}
			}
			text, err := l.Output()
			g.stage.must(err)
			for line := range strings.Lines(text) {
				if strings.Contains(line, "records cannot be read and are passed over") && strings.Contains(line, reason) {
					logged++
				}
			}
		}
		return listed >= gaps && counted == listed && logged == listed,
			fmt.Sprintf("the list has %d, the metric %d, the log %d", listed, counted, logged)
	})
}

// madeAnew deletes the topic while the destination is away, so that of each partition something is read and
// not delivered, and makes another one under its name.
func madeAnew(s *stage) {
	for _, g := range s.groups {
		s.must(g.stop())
		g.settled()
		g.front.Behave(witness.Unavailable)
		s.must(g.load().Some(s.ctx, 300))
		for p, end := range g.seen() {
			g.rec.Add(history.Entry{Gone: &history.Gone{Partition: p, To: end}})
		}
		_, err := s.admin.DeleteTopics(s.ctx, g.settings.Topic)
		s.must(err)
		g.createSource()
		s.client.PurgeTopicsFromProducing(g.settings.Topic) // it would stay with the former one
		g.loads = append(g.loads, g.load().Anew())
	}
	for _, g := range s.groups {
		g.reported("recreated", partitions)
		g.front.Behave(witness.Normal)
	}
	m := s.mark()
	for _, g := range s.groups {
		g.stop = g.load().Start(s.ctx, rate)
	}
	s.recovered("the topic made anew", m)
}

// seen waits until each process has its share of the partitions and knows their ends, and returns the ends: what
// nobody has seen of a topic that is gone, or is being handed over when it goes, nobody can report.
func (g *group) seen() map[int32]int64 {
	s := g.stage
	s.Helper()
	listed, err := s.admin.ListEndOffsets(s.ctx, g.settings.Topic)
	s.must(err)
	ends := map[int32]int64{}
	listed.Each(func(o kadm.ListedOffset) { ends[o.Partition] = o.Offset })
	s.until("the "+g.name+" group to see the ends of its partitions", func() (bool, string) {
		known := 0
		for _, l := range g.running() {
			var status struct {
				Partitions []struct {
					Partition     int32
					HighWatermark int64 `json:"high_watermark"`
				}
			}
			g.ask(l, "/api/v1/status", &status)
			for _, p := range status.Partitions {
				if len(status.Partitions) == partitions/members && p.HighWatermark == ends[p.Partition] {
					known++
				}
			}
		}
		return known == partitions, fmt.Sprintf("it does of %d", known)
	})
	return ends
}
