package history

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestRecall(t *testing.T) { synctest.Test(t, recall) }

func recall(t *testing.T) {
	t.Helper()
	begun := time.Now()
	r := NewRecorder()
	time.Sleep(time.Second)
	r.Add(Entry{Fault: &Fault{What: "second"}})
	r.Recall(begun, Entry{Fault: &Fault{What: "first"}})
	r.Recall(time.Now(), Entry{Fault: &Fault{What: "third"}})
	for i, want := range []string{"first", "second", "third"} {
		if got := r.History()[i].Fault.What; got != want {
			t.Errorf("number %d is the %s one", i, got)
		}
	}
}
