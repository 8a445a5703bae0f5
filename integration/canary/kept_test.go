package canary

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// letters reads the letters of a member, keeps what is added to them, and returns them by reason.
func (w *world) letters(name string) map[string]int {
	w.Helper()
	ends, err := w.admin.ListEndOffsets(w.Context(), name+"-letters")
	if err != nil {
		w.Error(err)
		return nil
	}
	end, _ := ends.Lookup(name+"-letters", 0)
	client, err := kgo.NewClient(w.kafka(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{name + "-letters": {0: kgo.NewOffset().AtStart()}}))...)
	if err != nil {
		w.Error(err)
		return nil
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	reasons := map[string]int{}
	for read := int64(0); read < end.Offset; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			w.Error(err)
			return reasons
		}
		for r := range fetches.RecordsAll() {
			read++
			w.letter(name, r, reasons)
		}
	}
	return reasons
}

// letter keeps one letter: its record may hold what the event holds, and so may the headers that quote
// the destination or the event, by design.
func (w *world) letter(name string, r *kgo.Record, reasons map[string]int) {
	where := "letters of " + name
	w.wrote(where, fmt.Appendf(nil, "%s\n%s", r.Key, r.Value), Personal)
	for _, h := range r.Headers {
		switch h.Key {
		case "pintle.detail", "pintle.field", "pintle.message_id", "__dlq.errors.message":
			w.wrote(where+", "+h.Key, h.Value, Personal)
		default:
			if !strings.HasPrefix(h.Key, "pintle.") && !strings.HasPrefix(h.Key, "__dlq.") {
				w.wrote(where+", headers of the record", fmt.Appendf(nil, "%s\n%s", h.Key, h.Value), Personal)
				continue
			}
			w.wrote(where+", "+h.Key, h.Value)
		}
		if h.Key == "pintle.reason" {
			reasons[string(h.Value)]++
		}
	}
}

// requests keeps what the front has seen: personal values belong into paths and bodies, the credentials
// into the one header that was taken out.
func (w *world) requests() {
	w.front.mu.Lock()
	defer w.front.mu.Unlock()
	for _, a := range w.front.seen {
		w.wrote("headers of requests of "+a.member, []byte(a.head))
		w.wrote("requests of "+a.member, append([]byte(a.path+"\n"), a.body...), Personal)
	}
}

// commits keeps what a member left with its commits.
func (w *world) commits(name string) {
	w.Helper()
	offsets, err := w.admin.FetchOffsets(w.Context(), name)
	if err != nil {
		w.Error(err)
	}
	offsets.Each(func(o kadm.OffsetResponse) {
		w.wrote("the commits of "+name, []byte(o.Metadata))
		packed, _ := base64.StdEncoding.DecodeString(o.Metadata)
		w.wrote("the commits of "+name+", decoded", packed)
	})
}
