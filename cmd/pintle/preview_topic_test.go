package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestPreviewOfTopics reads records by their place, and says what is there when they are not.
func TestPreviewOfTopics(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "events"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DefaultProduceTopic("events"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, value := range []string{"gone", `{"type":"track","event":"E","userId":"u","messageId":"m1"}`, "", `[{"type":"x","messageId":"m3"}]`} {
		r := &kgo.Record{Partition: 1, Key: []byte("key"), Timestamp: at}
		if value != "" {
			r.Value = []byte(value)
		}
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	admin := kadm.NewClient(client)
	if _, err := admin.DeleteRecords(t.Context(), kadm.Offsets{"events": {1: {Topic: "events", Partition: 1, At: 1}}}); err != nil {
		t.Fatal(err)
	}
	path := file(t, strings.Replace(fine, "127.0.0.1:1", cluster.ListenAddrs()[0], 1))

	for _, tc := range []struct {
		args string
		want []string
		code int
		says string
	}{
		{args: "events/1@1", want: []string{"1 m1 delivered "}},
		{args: "-n 2 events/1@1", want: []string{"1 m1 delivered ", "2  filtered tombstone"}},
		{args: "-n 99 events/1@2", want: []string{"2  filtered tombstone", "3 m3 filtered unsupported_type"}},
		{args: "events/1@3 events/1@1", want: []string{"3 m3 filtered unsupported_type", "1 m1 delivered "}},
		{args: "events/1@0", code: exitNothing, says: "no record at events/1@0: the partition holds offsets 1 to 3"},
		{args: "events/1@4", code: exitNothing, says: "the partition holds offsets 1 to 3"},
		{args: "events/0@0", code: exitNothing, says: "partition 0 of topic events is empty"},
		{args: "events/2@0", code: exitNothing, says: "its partitions are 0 to 1"},
		{args: "evnets/0@0", code: exitNothing, says: "there is no topic evnets"},
	} {
		t.Run(tc.args, func(t *testing.T) {
			stdout, stderr, code := runPreview(t, nil, append([]string{"-o", "json", "-c", path}, strings.Fields(tc.args)...)...)
			var got []string
			for _, l := range lines(t, string(stdout)) {
				got = append(got, fmt.Sprintf("%d %s %s %s", l.Record.Offset, l.MessageID, l.Outcome, l.Reason))
				if l.Record.Topic != "events" || l.Record.Partition != 1 {
					t.Errorf("the place is %+v", l.Record)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if code != tc.code || !strings.Contains(string(stderr), tc.says) {
				t.Errorf("exit %d, want %d: %s", code, tc.code, stderr)
			}
		})
	}

	// The record's own time stands in where an event has none.
	stdout, _, _ := runPreview(t, nil, "-o", "json", "-c", path, "events/1@1")
	if want := fmt.Sprintf(`"timestamp":%d`, at.Unix()); !strings.Contains(string(stdout), want) {
		t.Errorf("%s has not %s", stdout, want)
	}
	groups, err := admin.ListGroups(t.Context())
	if err != nil || len(groups) > 0 {
		t.Errorf("groups %v, %v: a preview joins none", groups.Groups(), err)
	}
	_, stderr, code := runPreview(t, nil, "-c", file(t, fine), "events/1@1")
	if code != exitUnreachable || !strings.Contains(string(stderr), "kafka cannot be reached") {
		t.Errorf("no broker: exit %d: %s", code, stderr)
	}
}
