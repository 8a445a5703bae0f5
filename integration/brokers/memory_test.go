package brokers

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/witness"
)

// memory is what the coordinators of a group wrote down of it, in the topic that Kafka keeps for that. Its
// records have the time at which a coordinator decided; members hear of it later.
type memory struct {
	*group
	instances map[string]string  // by the member id, in the protocol of KIP-848
	owned     map[string][]int32 // what each instance owns
	topics    [][16]byte         // that the name had
}

// Kinds of records in that topic, as their keys begin.
const (
	commitRecord     = 1 // 0 and 1
	classicRecord    = 2 // a generation of a classic group
	memberRecord     = 5 // KIP-848: who a member is
	assignmentRecord = 8 // KIP-848: what a member owns
)

// remember puts commits and ownership into the history.
func (g *group) remember() {
	g.stage.Helper()
	m := &memory{group: g, instances: map[string]string{}, owned: map[string][]int32{}}
	err := witness.Read(g.stage.ctx, g.settings.Brokers, "__consumer_offsets", func(r *kgo.Record) error {
		switch kind := binary.BigEndian.Uint16(r.Key); {
		case kind <= commitRecord:
			m.commit(r)
		case kind == classicRecord:
			m.generation(r)
		case kind == memberRecord, kind == assignmentRecord:
			m.member(r, kind)
		}
		return nil
	})
	if err != nil {
		g.stage.Error(err)
	}
}

// commit books a commit. Its coordinator had it within the millisecond that it tells.
func (m *memory) commit(r *kgo.Record) {
	var key kmsg.OffsetCommitKey
	var value kmsg.OffsetCommitValue
	if key.ReadFrom(r.Key) != nil || key.Group != m.settings.Group || key.Topic != m.settings.Topic || r.Value == nil {
		return
	}
	if err := value.ReadFrom(r.Value); err != nil {
		m.stage.Errorf("a commit that nobody can read: %v", err)
		return
	}
	topic, beyond := finished(value.Offset, value.Metadata)
	if topic != [16]byte{} && !slices.Contains(m.topics, topic) { // the commit of a group that begins may tell none
		m.topics = append(m.topics, topic)
	}
	at := history.Place{Partition: key.Partition + int32(partitions*max(0, slices.Index(m.topics, topic))), Offset: value.Offset}
	m.rec.Recall(time.UnixMilli(value.CommitTimestamp+1), history.Entry{Commit: &history.Commit{
		By: "the group", Place: at, Beyond: beyond, Outside: true, Applied: true,
	}})
}

// finished reads the metadata of a commit by its published form: which topic it speaks of, and which
// offsets it calls finished.
func finished(committed int64, metadata string) (topic [16]byte, list []int64) {
	text, ours := strings.CutPrefix(metadata, "pintle1.")
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if !ours || err != nil || len(raw) < 24 || int64(binary.BigEndian.Uint64(raw[16:])) != committed {
		return topic, nil
	}
	for i, b := range raw[24:] {
		for bit := range 8 {
			if b&(1<<bit) != 0 {
				list = append(list, committed+int64(i*8+bit))
			}
		}
	}
	return [16]byte(raw), list
}

// generation books who owns what in a generation of a classic group.
func (m *memory) generation(r *kgo.Record) {
	var key kmsg.GroupMetadataKey
	var value kmsg.GroupMetadataValue
	if key.ReadFrom(r.Key) != nil || key.Group != m.settings.Group {
		return
	}
	now := map[string][]int32{}
	if r.Value != nil {
		if err := value.ReadFrom(r.Value); err != nil {
			m.stage.Errorf("a generation that nobody can read: %v", err)
			return
		}
		for i := range value.Members {
			var a kmsg.ConsumerMemberAssignment
			if v := &value.Members[i]; v.InstanceID != nil && len(v.Assignment) > 0 && a.ReadFrom(v.Assignment) == nil {
				for _, t := range a.Topics {
					now[*v.InstanceID] = append(now[*v.InstanceID], t.Partitions...)
				}
			}
		}
	}
	for instance := range m.owned {
		if now[instance] == nil {
			m.own(r.Timestamp, instance, nil)
		}
	}
	for instance, list := range now {
		m.own(r.Timestamp, instance, list)
	}
}

// member books what a member by KIP-848 owns.
func (m *memory) member(r *kgo.Record, kind uint16) {
	key, value := kbin.Reader{Src: r.Key[2:]}, kbin.Reader{Src: r.Value}
	if key.String() != m.settings.Group {
		return
	}
	id := key.String()
	value.Int16() // its version
	if kind == memberRecord {
		if instance := value.CompactNullableString(); r.Value != nil && instance != nil {
			m.instances[id] = *instance
		}
		return
	}
	instance := m.instances[id]
	if r.Value == nil {
		m.own(r.Timestamp, instance, nil)
		return
	}
	value.Int32() // the member's epoch
	value.Int32() // the one before
	value.Int8()  // its state
	var list []int32
	for range value.CompactArrayLen() {
		value.Uuid() // of the topic
		for range value.CompactArrayLen() {
			list = append(list, value.Int32())
		}
		kmsg.SkipTags(&value)
	}
	m.own(r.Timestamp, instance, list)
}

// own books what an instance owns from a time on. What it keeps is a new tenure all the same: nobody sees
// whether it gave it up in between by itself.
func (m *memory) own(at time.Time, instance string, list []int32) {
	by := m.lifeOf(instance, at)
	book := func(p int32, gained bool) {
		for i := range m.loads { // whichever topic it is of
			m.rec.Recall(at, history.Entry{Ownership: &history.Ownership{By: by, Partition: p + int32(i*partitions), Gained: gained}})
		}
	}
	for _, p := range m.owned[instance] {
		if !slices.Contains(list, p) {
			book(p, false)
		}
	}
	for _, p := range list {
		book(p, true)
	}
	m.owned[instance] = list
}

// lifeOf is the process that an instance was at a time.
func (m *memory) lifeOf(instance string, at time.Time) (name string) {
	for _, l := range m.lives {
		if l.instance == instance && !l.begun.After(at) {
			name = l.Name
		}
	}
	return name
}
