package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/cmd/internal/app"
	"github.com/pintle-io/pintle/cmd/internal/config"
	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/schema/events/hostile"
)

// line is one line of `preview -o json`.
type line struct {
	MessageID string `json:"message_id"`
	Type      string `json:"type"`
	Outcome   string `json:"outcome"`
	Reason    string `json:"reason"`
	Detail    string `json:"detail"`
	Field     string `json:"field"`
	Key       string `json:"key"`
	Ops       []struct {
		Endpoint string          `json:"endpoint"`
		Body     json.RawMessage `json:"body"`
	} `json:"ops"`
	Changes []struct {
		Field string `json:"field"`
		Why   string `json:"why"`
	} `json:"changes"`
	Record struct {
		File      string `json:"file"`
		Line      int    `json:"line"`
		Topic     string `json:"topic"`
		Partition int    `json:"partition"`
		Offset    int64  `json:"offset"`
	} `json:"record"`
}

func lines(t *testing.T, stdout string) (all []line) {
	t.Helper()
	for text := range strings.Lines(stdout) {
		var l line
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&l); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		all = append(all, l)
	}
	return all
}

// taker takes everything, and remembers what it was given.
type taker struct {
	mu    sync.Mutex
	calls []string // by v1
	items []string // by v2
}

func (k *taker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var batch struct{ Batch []json.RawMessage }
	k.mu.Lock()
	defer k.mu.Unlock()
	if r.URL.Path == "/api/v2/batch" {
		_ = json.Unmarshal(body, &batch)
		for _, item := range batch.Batch {
			k.items = append(k.items, string(item))
		}
	} else {
		k.calls = append(k.calls, r.Method+" "+r.URL.EscapedPath())
	}
	_, _ = io.WriteString(w, "{}")
}

// oddRecords are values beside the corpus and the hostile ones: sizes that decide by which endpoint an
// event goes, and records that hold nothing or several events.
func oddRecords() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		yield("tombstone", nil)
		yield("empty", []byte{})
		yield("pretty", []byte("{\n\"type\": \"track\",\r\n\"userId\": \"u\",\n\"event\": \"E\",\n\"properties\": {\n\"a\": [\n1\n]\n}\n}"))
		yield("batch", []byte(`{"batch":[{"type":"track","userId":"u"},{"type":"page","userId":"u","name":"P"},{"type":"x"}]}`))
		for _, id := range []string{"u", "a@b.c", "ü/1"} {
			for _, size := range []int{31_000, 40_000, 101_000} {
				yield("track", fmt.Appendf(nil, `{"type":"track","event":"E","messageId":"m","userId":%q,"properties":{"a":%q}}`, id, strings.Repeat("x", size)))
				traits := []byte(`"z":1`)
				for i := range size / 900 {
					traits = fmt.Appendf(traits, `,"%d":%q`, i, strings.Repeat("y", 890))
				}
				yield("identify", fmt.Appendf(nil, `{"type":"identify","messageId":"m","userId":%q,"traits":{%s}}`, id, traits))
			}
		}
	}
}

// TestPreviewSaysWhatARunDoes runs all events there are, by both profiles, and holds what arrives,
// the letters and the books against what preview said of the same records.
func TestPreviewSaysWhatARunDoes(t *testing.T) {
	for _, profile := range []string{"guide", "current"} {
		t.Run(profile, func(t *testing.T) {
			cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "letters"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(cluster.Close)
			customerIO := &taker{}
			server := httptest.NewServer(customerIO)
			t.Cleanup(server.Close)
			n := produce(t, cluster.ListenAddrs())
			path := file(t, fmt.Sprintf(`
kafka: {brokers: [%q], topic: events, group: pintle, start: earliest}
dead_letters: {topic: letters}
customerio: {site_id: s, api_key: k, endpoint: %q, rate: unlimited}
mapping: {profile: %s}
admin: {listen: "127.0.0.1:0"}
`, cluster.ListenAddrs()[0], server.URL, profile))

			stdout, stderr, code := run(t, "preview", "-o", "json", "-c", path, "-n", strconv.Itoa(n), "events/0@0")
			if code != exitBadInput || !strings.Contains(stderr, "are no events") {
				t.Fatalf("exit %d: %s", code, stderr)
			}
			said := lines(t, stdout)
			books := runOver(t, path, int64(len(said)))
			compareBooks(t, said, &books)
			compareSent(t, said, customerIO)
			compareLetters(t, said, letters(t, cluster.ListenAddrs(), int(books.DeadLettered)))
		})
	}
}

// produce writes all events there are, and returns how many records they are.
func produce(t *testing.T, brokers []string) (n int) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.DefaultProduceTopic("events"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	add := func(value []byte) {
		n++
		client.Produce(t.Context(), &kgo.Record{Value: value, Key: []byte(strconv.Itoa(n % 7)), Timestamp: at}, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	for _, all := range []iter.Seq2[string, []byte]{events.All(), hostile.All(), oddRecords()} {
		for _, value := range all {
			if len(value) > 900_000 { // the broker takes no more
				continue
			}
			add(value)
			// Where most records fail, a run stops and waits for a person.
			add([]byte(`{"type":"track","event":"Between","userId":"u","messageId":"m"}`))
		}
	}
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n
}

// runOver runs until so many events have ended, and returns the books.
func runOver(t *testing.T, path string, events int64) processor.Ledger {
	t.Helper()
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(cfg, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	deadline := time.After(patience)
	for l := a.Stats().Ledger; l.Delivered+l.Filtered+l.DeadLettered < events; l = a.Stats().Ledger {
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v", err)
		case <-deadline:
			t.Fatalf("after %s: %+v, want %d events", patience, l, events)
		case <-time.After(5 * time.Millisecond):
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return a.Stats().Ledger
}

func compareBooks(t *testing.T, said []line, books *processor.Ledger) {
	t.Helper()
	got := map[string]int64{}
	for _, l := range said {
		got[l.Outcome]++
		if l.Reason != "" {
			got[l.Outcome+" "+l.Reason]++
		}
	}
	want := map[string]int64{"delivered": books.Delivered, "filtered": books.Filtered, "dead_lettered": books.DeadLettered}
	for reason, n := range books.FilteredBy {
		want["filtered "+string(reason)] = n
	}
	for reason, n := range books.DeadLetteredBy {
		want["dead_lettered "+string(reason)] = n
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("books (-run +preview):\n%s", diff)
	}
}

func compareSent(t *testing.T, said []line, sent *taker) {
	t.Helper()
	var items, calls []string
	for _, l := range said {
		for _, op := range l.Ops {
			if op.Endpoint == "POST /api/v2/batch" {
				items = append(items, string(op.Body))
			} else {
				calls = append(calls, op.Endpoint)
			}
		}
	}
	oneLine := strings.NewReplacer("\n", " ", "\r", " ")
	for i := range sent.items {
		sent.items[i] = oneLine.Replace(sent.items[i])
	}
	for _, list := range [][]string{items, calls, sent.items, sent.calls} {
		slices.Sort(list)
	}
	if len(items) == 0 || len(calls) == 0 {
		t.Error("nothing to compare")
	}
	if diff := cmp.Diff(sent.items, items); diff != "" {
		t.Errorf("items (-run +preview):\n%s", diff)
	}
	if diff := cmp.Diff(sent.calls, calls); diff != "" {
		t.Errorf("calls (-run +preview):\n%s", diff)
	}
}

func compareLetters(t *testing.T, said []line, letters []deadletter.Letter) {
	t.Helper()
	var got, want []string
	for _, l := range said {
		if l.Outcome == "dead_lettered" {
			got = append(got, fmt.Sprintf("%d %s %s: %s", l.Record.Offset, l.Reason, l.Field, l.Detail))
		}
	}
	for _, l := range letters {
		want = append(want, fmt.Sprintf("%d %s %s: %s", l.Offset, l.Reason, l.Field, l.Detail))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("letters (-run +preview):\n%s", diff)
	}
}

// letters reads so many letters.
func letters(t *testing.T, brokers []string, n int) (all []deadletter.Letter) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics("letters"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for len(all) < n {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("%d of %d letters: %v", len(all), n, err)
		}
		for _, r := range fetches.Records() {
			l, err := deadletter.Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, l)
		}
	}
	return all
}
