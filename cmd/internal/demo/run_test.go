package demo

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	for _, o := range []Options{
		{Events: 20000},
		{Events: 20000, Outage: Span{5 * time.Second, 2 * time.Second}, Reject: 0.01},
		{Events: 20000, RevokeKey: Span{2 * time.Second, time.Second}},
		{Events: 300000},
	} {
		log := slog.New(slog.NewTextHandler(t.Output(), nil))
		last, r, err := Run(t.Context(), o, Display{Every: time.Second, Show: func(*Snapshot) {}}, log)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(r)
		t.Logf("%s", text)
		t.Logf("%+v", last.CustomerIO)
		if err := r.Check(); err != nil {
			t.Error(err)
		}
	}
}
