package deadletter

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestReadAllSaysWhatIsNoLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setUp(t, 2, nil)
		foreign := &kgo.Record{Topic: topic, Partition: 1, Value: []byte("hello")}
		if err := b.client.ProduceSync(t.Context(), foreign).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := <-b.write(letter(1, 5, "v")); err != nil {
			t.Fatal(err)
		}
		var got []string
		for l, err := range ReadAll(t.Context(), b.opts, topic) {
			if err != nil {
				got = append(got, err.Error())
				continue
			}
			got = append(got, l.ID())
		}
		want := []string{"record 0 of letters-1 has no header pintle.id: it is not a letter of pintle", "source-1-5-0"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("read (-want +got):\n%s", diff)
		}
		for _, err := range ReadAll(t.Context(), b.opts, "nowhere") {
			if err == nil || !strings.Contains(err.Error(), "check that it exists") {
				t.Errorf("a topic that is not there: %v", err)
			}
		}
	})
}
