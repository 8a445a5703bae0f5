package integration

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// The credentials of every scenario's workspace.
const (
	siteID = "scenario-site"
	apiKey = "scenario-key"
)

// refusal marks items that the stand-in is told to refuse.
const refusal = "_refuse_me"

// standin is the stand-in Customer.io of a scenario, in the terms of the scenarios.
type standin struct {
	server  *customeriotest.Server
	handler http.Handler
}

func newStandin() *standin {
	s := customeriotest.New(customeriotest.Settings{SiteID: siteID, APIKey: apiKey})
	s.AddFault(customeriotest.Fault{
		PathContains: "batch", BodyContains: refusal, Action: customeriotest.ItemError, ItemContains: refusal,
		Reason: "invalid", Field: "attributes", Message: "refused on purpose",
	})
	return &standin{server: s, handler: s.Handler()}
}

// arrivals are the items in the order in which they came.
func (s *standin) arrivals() []arrival {
	ledger := s.server.Ledger(0)
	list := make([]arrival, 0, len(ledger))
	for _, item := range ledger {
		a := arrival{seq: -1, taken: item.Outcome != "rejected"}
		if item.HasSeq {
			a.seq = int(item.Seq)
		}
		list = append(list, a)
	}
	return list
}

// newest is the number of the identify that each person's attributes are of.
func (s *standin) newest() map[string]int {
	people := map[string]int{}
	for _, p := range s.server.People() {
		if n, err := strconv.Atoi(strings.Trim(string(p.Attributes["_seq"]), `"`)); err == nil {
			people[p.ID] = n
		}
	}
	return people
}

// drops and warnings are counts by reason.
func (s *standin) drops() map[string]int64    { return s.server.Stats().Drops }
func (s *standin) warnings() map[string]int64 { return s.server.Stats().Warnings }

// count and refused count items.
func (s *standin) count() int64   { return s.server.Stats().Stored }
func (s *standin) refused() int64 { return s.server.Stats().Rejected }

// resent counts items that came again.
func (s *standin) resent() int64 { return s.server.Stats().Resent }

// revokeKey makes the stand-in refuse the members' key; acceptKey takes it again.
func (s *standin) revokeKey() { s.server.SetCredentials(siteID, "another key") }
func (s *standin) acceptKey() { s.server.SetCredentials(siteID, apiKey) }
