package memory

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/program"
)

// held reads how many bytes the program holds by its own account.
func (w *world) held(m *program.Member) (bytes int64) {
	w.Helper()
	_, body, err := m.Get(w.ctx, "/api/v1/status")
	if err != nil {
		w.Fatal(err)
	}
	var status struct {
		Held int64 `json:"held_bytes"`
	}
	if err := json.Unmarshal([]byte(body), &status); err != nil {
		w.Fatal(err)
	}
	return status.Held
}

// TestStalledSink has a destination that takes requests and never answers, and then refuses them all: what
// is held fills the budget and stays, and everything is delivered once the destination is well.
func TestStalledSink(t *testing.T) {
	w := newWorld(t, 12)
	w.settings.Memory = 64 * mib
	want := w.backlog(300 * mib)
	w.front.mute.Store(true)
	m := w.run()
	w.stalled(m, "it hangs")
	w.front.SetOutage(true)
	w.front.mute.Store(false)
	w.stalled(m, "it refuses")
	w.front.SetOutage(false)
	w.committed(m)
	w.judge(m, "a backlog of 300 MiB and a stalled destination")
	w.arrived(want)
}

// stalled watches the program for a while that it fills the budget, reads no further, and does not grow.
func (w *world) stalled(m *program.Member, why string) {
	w.Helper()
	<-time.After(6 * time.Second)
	_, peak := m.Resident()
	<-time.After(4 * time.Second)
	now, later := m.Resident()
	held := w.held(m)
	w.Logf("%s: %d MiB held, %d MiB resident, %d MiB at most", why, held/mib, now/mib, later/mib)
	if held < int64(w.settings.Memory)/2 || held > int64(w.settings.Memory)*5/4 {
		w.Errorf("%s: %d bytes are held of a budget of %d", why, held, w.settings.Memory)
	}
	if later > peak+8*mib {
		w.Errorf("%s: it grew by %d KiB while nothing was delivered", why, (later-peak)>>10)
	}
}
