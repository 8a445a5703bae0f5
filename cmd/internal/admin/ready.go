package admin

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/sink"
)

// States of readiness beside the processor's own.
const (
	// stateHolding: Customer.io takes nothing, or asked to be left alone, or this member may not send;
	// everything waits.
	stateHolding = "holding"
	// stateWaiting: part of it waits, for the dead-letter topic or for Kafka.
	stateWaiting = "waiting"
)

// readiness is the answer of /readyz. It is API.
type readiness struct {
	Ready bool   `json:"ready"`
	State string `json:"state"`
	// Reasons say what is not as it should be, the gravest first; empty when all is well.
	Reasons []reason `json:"reasons"`
}

// reason is one thing that is not as it should be. Codes are stable, texts are not.
type reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
	// Next is what to do; empty when there is nothing to do but wait.
	Next string `json:"next"`
}

// ready answers 200 when this member does its work as far as anything in its own hands goes: an outage
// of Customer.io or of a topic leaves it ready, since a restart would not help.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	stats := s.o.Stats()
	r := judge(&stats, s.o.Letters(), time.Now())
	code := http.StatusOK
	if !r.Ready {
		code = http.StatusServiceUnavailable
	}
	writeJSON(w, code, r)
}

func judge(s *processor.Stats, letters deadletter.Stats, now time.Time) readiness {
	r := readiness{Ready: s.Ready, State: s.State, Reasons: []reason{}}
	if s.State != processor.StateRunning {
		r.Reasons = append(r.Reasons, phase(s.State))
		return r
	}
	if !s.Lapsed.IsZero() {
		r.State = stateHolding
		r.Reasons = append(r.Reasons, lapsed(s.Lapsed))
	}
	if why, holds := gate(&s.Sink.Gate, now); holds {
		r.State = stateHolding
		r.Reasons = append(r.Reasons, why)
	}
	waits := partial(s, letters)
	if len(waits) > 0 && r.State == processor.StateRunning {
		r.State = stateWaiting
	}
	r.Reasons = append(r.Reasons, waits...)
	if len(s.Partitions) == 0 {
		r.Reasons = append(r.Reasons, reason{
			Code: "no_partitions", Text: "this member owns no partition now",
			Next: "nothing while it joins the group; if it stays so, the group has more members than the topic has partitions",
		})
	}
	return r
}

// phase explains a processor that does not run.
func phase(state string) reason {
	switch state {
	case processor.StateDraining:
		return reason{Code: state, Text: "it stops: requests and letters under way are being finished"}
	case processor.StateStopped:
		return reason{Code: state, Text: "it has stopped", Next: "see the last lines of the log"}
	default:
		return reason{Code: processor.StateStarting, Text: "it connects to Kafka", Next: "if it stays so, check kafka.brokers and the log"}
	}
}

// lapsed explains a member that may not send.
func lapsed(since time.Time) reason {
	return reason{
		Code: "lapsed",
		Text: "the coordinator of the group does not answer, so another member may own the partitions; nothing is sent since " +
			since.UTC().Format(time.RFC3339) + ", nothing is lost",
		Next: "see that the brokers can be reached; sending goes on by itself when the coordinator answers",
	}
}

// gate explains a gate that holds everything back.
func gate(g *sink.GateState, now time.Time) (why reason, holds bool) {
	if !g.Shut {
		if !g.RetryAfter.After(now) {
			return reason{}, false
		}
		return reason{
			Code: sink.CauseThrottled.String(),
			Text: "Customer.io asked not to be called for another " + g.RetryAfter.Sub(now).Round(time.Second).String(),
			Next: "nothing; if it happens often, lower customerio.rate",
		}, true
	}
	why = reason{Code: g.Cause.String(), Next: g.Hint}
	since := "; everything is held since " + g.Since.UTC().Format(time.RFC3339) + ", nothing is lost"
	switch g.Cause {
	case sink.CauseCredentials:
		why.Text = "Customer.io refuses the key (HTTP " + strconv.Itoa(g.Status) + ")" + since
	case sink.CauseConfiguration:
		why.Text = "the region or the address of Customer.io is wrong (HTTP " + strconv.Itoa(g.Status) + ")" + since
	case sink.CauseTransport:
		why.Text = "Customer.io does not answer" + since
	default:
		why.Text = "Customer.io is in trouble (HTTP " + strconv.Itoa(g.Status) + ")" + since
	}
	return why, true
}

// partial explains what holds up partitions while others may go on.
func partial(s *processor.Stats, letters deadletter.Stats) []reason {
	var list []reason
	stopped := 0
	for i := range s.Partitions {
		if s.Partitions[i].Braked {
			stopped++
		}
	}
	if stopped > 0 {
		list = append(list, reason{
			Code: "brake", Text: "partitions stopped: " + strconv.Itoa(stopped) +
				": most of the last records cannot be decoded or mapped, or are refused by Customer.io, and no more of them become letters; nothing is lost",
			Next: processor.BrakeHint,
		})
	}
	if letters.LastError != "" {
		list = append(list, reason{
			Code: "letters_refused",
			Text: "the dead-letter topic takes no letters (waiting: " + strconv.FormatInt(letters.Waiting, 10) + ") since " +
				letters.Since.UTC().Format(time.RFC3339) + "; nothing is committed past them",
			Next: letters.LastError,
		})
	}
	unread, why := 0, ""
	for i := range s.Partitions {
		if text, is := strings.CutPrefix(s.Partitions[i].Waiting, "fetch: "); is {
			unread, why = unread+1, text
		}
	}
	if unread > 0 {
		list = append(list, reason{
			Code: "fetch", Text: "partitions that cannot be read: " + strconv.Itoa(unread) + ": " + why,
			Next: "it is tried again; the line `cannot read` of the log says what to do, if there is anything",
		})
	}
	return list
}

func writeJSON(w http.ResponseWriter, code int, value any) {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		http.Error(w, "the answer cannot be written as JSON: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(text, '\n'))
}
