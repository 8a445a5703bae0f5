package kill

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/processor/deadletter"
)

// listener taps the broker's connections.
type listener struct {
	net.Listener
	world *world
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err //nolint:wrapcheck // the broker wants it as it is
	}
	by := l.world.owner(c)
	if by == nil {
		return c, nil // it is the test's own
	}
	return &tap{Conn: c, watch: &observer{world: l.world, by: by, commits: map[kmsg.Request][]*history.Commit{}}, waiting: map[int32]exchange{}}, nil
}

// owner finds the process at the other end of a connection by the system's table of sockets. One that
// died in the meantime is the one that was started last.
func (w *world) owner(c net.Conn) *life {
	remote, local := c.RemoteAddr().(*net.TCPAddr).Port, c.LocalAddr().(*net.TCPAddr).Port
	inode := socket(remote, local)
	if inode != "" && holds(os.Getpid(), inode) {
		return nil
	}
	return w.life(func(l *life) bool { return inode == "" || inode == "0" || holds(l.ID(), inode) })
}

// socket is the inode of the socket with these ports, empty when there is none.
func socket(local, remote int) string {
	f, err := os.Open("/proc/net/tcp")
	if err != nil {
		return ""
	}
	defer f.Close()
	from, to := fmt.Sprintf(":%04X", local), fmt.Sprintf(":%04X", remote)
	for s := bufio.NewScanner(f); s.Scan(); {
		if p := strings.Fields(s.Text()); len(p) > 9 && strings.HasSuffix(p[1], from) && strings.HasSuffix(p[2], to) {
			return p[9]
		}
	}
	return ""
}

func holds(process int, inode string) bool {
	dir := fmt.Sprintf("/proc/%d/fd", process)
	list, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, fd := range list {
		if to, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && to == "socket:["+inode+"]" {
			return true
		}
	}
	return false
}

// observer puts what passes on one connection into the history.
type observer struct {
	world *world
	by    *life

	mu      sync.Mutex
	commits map[kmsg.Request][]*history.Commit
}

func (o *observer) ask(req kmsg.Request) (pass bool) {
	m := o.world.moments
	switch r := req.(type) {
	case *kmsg.JoinGroupRequest:
		m.pass(joining, o.by)
	case *kmsg.OffsetCommitRequest:
		o.commit(r)
		o.passCommit(committing, r)
	case *kmsg.ProduceRequest:
		m.pass(lettering, o.by)
	case *kmsg.LeaveGroupRequest:
		m.pass(leaving, o.by)
	}
	if o.by.dead.Load() {
		return false
	}
	if _, ok := req.(*kmsg.LeaveGroupRequest); ok {
		o.world.owners.giveBack(o.by)
	}
	return true
}

func (o *observer) answering(req kmsg.Request, resp kmsg.Response) {
	switch r := resp.(type) {
	case *kmsg.SyncGroupResponse:
		o.assigned(r.MemberAssignment)
	case *kmsg.ConsumerGroupHeartbeatResponse:
		o.heartbeat(r)
	case *kmsg.HeartbeatResponse:
		if r.ErrorCode != 0 && r.ErrorCode != kerr.RebalanceInProgress.Code {
			o.world.owners.giveBack(o.by)
		}
	case *kmsg.OffsetCommitResponse:
		o.settle(req, r)
		o.passCommit(committed, req)
	case *kmsg.ProduceResponse:
		o.world.moments.pass(lettered, o.by)
		if !o.by.dead.Load() {
			o.written(req, r)
		}
	}
}

func (o *observer) done(req kmsg.Request, resp kmsg.Response) {
	switch resp.(type) {
	case *kmsg.SyncGroupResponse:
		o.world.moments.pass(synced, o.by)
	case *kmsg.OffsetCommitResponse:
		o.passCommit(acknowledged, req)
	case *kmsg.ProduceResponse:
		o.world.moments.pass(safe, o.by)
	}
}

// passCommit comes to a moment of a commit, unless it is the one by which a group begins.
func (o *observer) passCommit(at moment, req kmsg.Request) {
	if r, ok := req.(*kmsg.OffsetCommitRequest); ok && r.MemberID != "" {
		o.world.moments.pass(at, o.by)
	}
}

// commit books a commit as it arrives; whether it is applied, its answer tells.
func (o *observer) commit(r *kmsg.OffsetCommitRequest) {
	var list []*history.Commit
	for _, t := range r.Topics {
		for _, p := range t.Partitions {
			c := &history.Commit{
				By: o.by.Name, Place: history.Place{Partition: p.Partition, Offset: p.Offset}, Outside: r.MemberID == "",
			}
			if p.Metadata != nil {
				c.Beyond = finished(p.Offset, *p.Metadata)
			}
			list = append(list, c)
			o.world.rec.Add(history.Entry{Commit: c})
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.commits[r] = list
}

func (o *observer) settle(req kmsg.Request, resp *kmsg.OffsetCommitResponse) {
	o.mu.Lock()
	list := o.commits[req]
	delete(o.commits, req)
	o.mu.Unlock()
	codes := map[int32]int16{}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			codes[p.Partition] = p.ErrorCode
		}
	}
	o.world.rec.Settle(func() {
		for _, c := range list {
			c.Code = codes[c.Partition]
			c.Applied = c.Code == 0
		}
	})
}

// finished reads the offsets that the metadata of a commit calls finished, by the published form and
// with no code of the product.
func finished(committed int64, metadata string) (list []int64) {
	text, ours := strings.CutPrefix(metadata, "pintle1.")
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if !ours || err != nil || len(raw) < 24 || int64(binary.BigEndian.Uint64(raw[16:])) != committed {
		return nil
	}
	for i, b := range raw[24:] {
		for bit := range 8 {
			if b&(1<<bit) != 0 {
				list = append(list, committed+int64(i*8+bit))
			}
		}
	}
	return list
}

func (o *observer) assigned(assignment []byte) {
	var a kmsg.ConsumerMemberAssignment
	if len(assignment) == 0 || a.ReadFrom(assignment) != nil {
		return
	}
	for _, t := range a.Topics {
		o.world.owners.gain(o.by, t.Partitions)
	}
}

func (o *observer) heartbeat(r *kmsg.ConsumerGroupHeartbeatResponse) {
	if r.ErrorCode != 0 {
		o.world.owners.giveBack(o.by)
		return
	}
	if r.Assignment == nil {
		return
	}
	for _, t := range r.Assignment.Topics {
		o.world.owners.gain(o.by, t.Partitions)
	}
}

// written books the letters of a produce request that the broker has.
func (o *observer) written(req kmsg.Request, resp *kmsg.ProduceResponse) {
	codes := map[int32]int16{}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			codes[p.Partition] = p.ErrorCode
		}
	}
	for _, t := range req.(*kmsg.ProduceRequest).Topics {
		for _, p := range t.Partitions {
			if codes[p.Partition] != 0 {
				continue
			}
			for _, l := range letters(p.Records) {
				o.world.rec.Add(history.Entry{Written: &history.Written{
					By: o.by.Name, Place: history.Place{Partition: l.Partition, Offset: l.Offset}, Op: l.Op,
				}})
			}
		}
	}
}

// letters reads the letters in the bytes of a batch.
func letters(batch []byte) (list []deadletter.Letter) {
	var b kmsg.RecordBatch
	if b.ReadFrom(batch) != nil {
		return nil
	}
	records, err := kfake.BatchRecords(b)
	if err != nil {
		return nil
	}
	for i := range records {
		r := &kgo.Record{Key: records[i].Key, Value: bytes.Clone(records[i].Value)}
		for _, h := range records[i].Headers {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
		}
		if l, err := deadletter.Parse(r); err == nil {
			list = append(list, l)
		}
	}
	return list
}

// owners is who owns what, as the coordinator has told the members.
type owners struct {
	rec *history.Recorder
	mu  sync.Mutex
	of  map[int32]*life
}

func (o *owners) gain(by *life, partitions []int32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range partitions {
		if o.of[p] != by {
			o.of[p] = by
			o.rec.Add(history.Entry{Ownership: &history.Ownership{By: by.Name, Partition: p, Gained: true}})
		}
	}
}

func (o *owners) giveBack(by *life) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for p, owner := range o.of {
		if owner == by {
			delete(o.of, p)
			o.rec.Add(history.Entry{Ownership: &history.Ownership{By: by.Name, Partition: p}})
		}
	}
}
