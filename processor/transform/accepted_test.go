package transform_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// TestCorpusIsAccepted sends what the real events become to the strict stand-in, each file as one
// batch to a workspace of its own. Nothing is refused, and the only drops and warnings are those that
// the events themselves call for.
func TestCorpusIsAccepted(t *testing.T) {
	for profile, want := range map[transform.Profile]map[string]int{
		transform.Guide: {
			// As it should be: the events that RudderStack put on the topic twice are in Customer.io once.
			"dropped duplicate_event": 3,
			// Browsers keep the anonymous id when one user logs out and the next one in; only reset(true)
			// renews it.
			"warned anonymous_id_reused": 25,
			// One phone, and users who take turns on it.
			"warned device_on_two_people": 2,
			// An identify that came twice beside another one of the same second: times are in seconds.
			"warned same_second_conflict": 1,
		},
		transform.Current: {
			"dropped duplicate_event":    3,
			"warned anonymous_id_reused": 25,
			// The first of the three on the phone was a mere visitor, who has no devices.
			"warned device_on_two_people": 1,
			"warned same_second_conflict": 1,
			// Server SDKs name a visitor as the previous id, and do not say that it is one: there is nobody to merge.
			"dropped merge_no_secondary": 5,
		},
	} {
		t.Run(string(profile), func(t *testing.T) {
			got := map[string]int{}
			for file, items := range corpusItems(t, profile) {
				s := customeriotest.New(customeriotest.Settings{Now: recordTime, StrictFields: true, StrictDevices: true})
				send(t, s.Handler(), file, items)
				if n := len(s.Ledger(0)); n != len(items) {
					t.Errorf("%s: the ledger has %d items of %d", file, n, len(items))
				}
				for _, n := range s.Drops() {
					got["dropped "+n.Reason]++
				}
				for _, n := range s.Warnings() {
					got["warned "+n.Reason]++
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("drops and warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGoldensAreAccepted sends what the events of the golden files become, under the options of each file.
func TestGoldensAreAccepted(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*/*.txt")
	n := 0
	for _, path := range paths {
		file, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		options := transform.Options{DeviceEvents: []string{"Signed In On Device"}}
		for _, section := range file.Files {
			if section.Name == "options" {
				options = transform.Options{}
				if err := json.Unmarshal(section.Data, &options); err != nil {
					t.Fatal(err)
				}
			}
		}
		j := newJudge(t, options)
		for _, section := range file.Files {
			if evs, err := schema.Decode(nil, section.Data, schema.Limits{}); err == nil && strings.HasPrefix(section.Name, "event: ") {
				for i := range evs {
					j.judgeEvent(&evs[i])
				}
			}
		}
		j.workspace.flush()
		n += j.workspace.accepted
	}
	if n < 100 {
		t.Errorf("%d operations of %d files: too few", n, len(paths))
	}
	t.Logf("%d operations of %d files", n, len(paths))
}

// corpusItems returns what the real events become, by file.
func corpusItems(t *testing.T, profile transform.Profile) map[string][][]byte {
	t.Helper()
	m := newMapper(t, transform.Options{Profile: profile})
	items := map[string][][]byte{}
	for file, line := range events.All() {
		evs, err := schema.Decode(nil, line, schema.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		ops, _ := m.Map(nil, &evs[0], schema.Source{Time: recordTime()})
		for i := range ops {
			items[file] = append(items[file], ops[i].Body)
		}
	}
	return items
}

// send posts items as one batch and wants them all to be taken.
func send(t fataler, h http.Handler, name string, items [][]byte) {
	t.Helper()
	body := append([]byte(`{"batch":[`), bytes.Join(items, []byte(","))...)
	r := httptest.NewRequest(http.MethodPost, "/api/v2/batch", bytes.NewReader(append(body, "]}"...)))
	r.SetBasicAuth("site", "key")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if answer := w.Body.String(); w.Code != http.StatusOK || answer != "{}\n" {
		t.Fatalf("%s: answer %d %s", name, w.Code, answer)
	}
}
