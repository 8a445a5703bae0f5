package admin

import (
	"net/http"
	"time"

	"github.com/pintle-io/pintle/processor"
)

// gapList is the answer of /api/v1/gaps. Its names are API.
type gapList struct {
	// Gaps are the newest that this process met, oldest first, at most 1,000.
	Gaps []gap `json:"gaps"`
}

type gap struct {
	Time      time.Time `json:"time"`
	Topic     string    `json:"topic"`
	Partition int32     `json:"partition"`
	// From and To bound the offsets that are gone; To is not among them. They are equal where nobody can
	// know how many were.
	From    int64 `json:"from"`
	To      int64 `json:"to"`
	Records int64 `json:"records_at_most"`
	// Resumed is the offset that reading went on at, -1 for the start of the topic.
	Resumed int64               `json:"resumed"`
	Reason  processor.GapReason `json:"reason"`
	Next    string              `json:"next"`
}

func (s *Server) gaps(w http.ResponseWriter, _ *http.Request) {
	met := s.o.Gaps()
	out := gapList{Gaps: make([]gap, 0, len(met))}
	for i := range met {
		g := &met[i]
		out.Gaps = append(out.Gaps, gap{
			Time: g.Time.UTC(), Topic: g.Topic, Partition: g.Partition, From: g.From, To: g.To, Records: g.Records(),
			Resumed: g.Resumed, Reason: g.Reason, Next: g.Reason.Next(),
		})
	}
	writeJSON(w, http.StatusOK, out)
}
