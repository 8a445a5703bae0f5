package customerio

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pintle-io/pintle/sink"
)

// maxRetryAfter is the longest pause that a Retry-After is trusted with: Customer.io's own client
// takes 300 s.
const maxRetryAfter = 5 * time.Minute

// reply is what came back for one request.
type reply struct {
	ops    int    // how many the request carried
	single bool   // it went by a v1 endpoint
	region Region // as configured

	status  int // 0: no answer, err says why
	header  http.Header
	body    []byte
	partial bool // the body did not end within the limit
	empty   bool // the answer announced a body of no bytes
	// err is what the transport met. With a status, the body broke off.
	err error
	// canceled is set when the caller gave the request up before it was answered.
	canceled bool
	now      time.Time
}

// classify says what a reply means: the table of design §4.3. It is closed: any reply has a verdict.
// What the table does not name is an answer that makes no sense; it is retried, so that it holds
// everything when everything gets it (the breaker opens) and one op alone when that op causes it (the
// engine splits).
func classify(r reply) sink.Answer {
	switch {
	case r.canceled && r.status == 0:
		return sink.Answer{Verdict: sink.Retry, Cause: sink.CauseCanceled, Refusal: sink.Refusal{Code: "canceled", Message: "the request was given up before it was answered"}}
	case r.status == 0:
		return sink.Answer{Verdict: sink.Retry, Cause: sink.CauseTransport, Refusal: unreachable(r.err)}
	case r.status >= 200 && r.status <= 299:
		return classifyAccepted(r)
	case r.status == http.StatusBadRequest, r.status == http.StatusRequestEntityTooLarge, r.status == http.StatusUnprocessableEntity:
		return classifyRefused(r)
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return r.answer(sink.Hold, sink.CauseCredentials)
	case r.status >= 300 && r.status <= 399:
		return r.answer(sink.Hold, sink.CauseConfiguration)
	case r.status == http.StatusNotFound, r.status == http.StatusMethodNotAllowed:
		// The path of a v1 call is made of one person's identifier. That it leads nowhere says
		// nothing about the address, and must not hold everybody else.
		if r.single {
			return r.answer(sink.Retry, sink.CauseServer)
		}
		return r.answer(sink.Hold, sink.CauseConfiguration)
	case r.status == http.StatusTooManyRequests:
		return r.answer(sink.Retry, sink.CauseThrottled)
	default:
		return r.answer(sink.Retry, sink.CauseServer)
	}
}

// answer makes an answer about the request as a whole.
func (r reply) answer(v sink.Verdict, c sink.Cause) sink.Answer {
	a := sink.Answer{Verdict: v, Cause: c, Status: r.status}
	found, err := parseComplaints(r.body, r.ops)
	if err == nil && len(found) > 0 {
		a.Refusal = refusal(found)
	} else {
		a.Refusal = excerpt(r.body)
	}
	a.Refusal.Code = cmp.Or(a.Refusal.Code, "http_"+strconv.Itoa(r.status))
	a.Refusal.Hint = hint(r, c)
	if v == sink.Retry {
		a.RetryAfter = retryAfter(r.header, r.now)
	}
	return a
}

// classifyAccepted reads a 2xx. The status alone proves nothing: the body lists what was refused.
func classifyAccepted(r reply) sink.Answer {
	if r.err != nil {
		a := sink.Answer{Verdict: sink.Retry, Cause: sink.CauseTransport, Status: r.status, Refusal: unreachable(r.err)}
		if r.canceled {
			a.Cause = sink.CauseCanceled
		}
		return a
	}
	done := sink.Answer{Verdict: sink.Done, Cause: sink.CauseNone, Status: r.status}
	// A body announced as empty lists no errors; one that merely is not there might have.
	if r.empty && (r.status == http.StatusOK || r.status == http.StatusNoContent) {
		return done
	}
	if r.partial {
		return r.answer(sink.Retry, sink.CauseServer)
	}
	if string(bytes.TrimSpace(r.body)) == "{}" {
		return done
	}
	found, err := parseComplaints(r.body, r.ops)
	switch {
	case err != nil:
		return r.answer(sink.Retry, sink.CauseServer)
	case len(found) == 0:
		return done
	case r.ops == 1:
		return r.answer(sink.Reject, sink.CauseContent) // whatever index it names, there is no other op
	case !attributed(found):
		return r.answer(sink.Split, sink.CauseContent)
	}
	done.Cause = sink.CauseContent
	done.Items = items(found, r.status)
	return done
}

// classifyRefused reads a 400, 413 or 422: nothing of the request was taken.
func classifyRefused(r reply) sink.Answer {
	if r.ops == 1 {
		return r.answer(sink.Reject, sink.CauseContent)
	}
	found, err := parseComplaints(r.body, r.ops)
	if err != nil || !attributed(found) {
		return r.answer(sink.Split, sink.CauseContent)
	}
	a := sink.Answer{Verdict: sink.Done, Cause: sink.CauseContent, Status: r.status, Items: items(found, r.status)}
	refused := len(a.Items)
	for i := range r.ops {
		if _, listed := slices.BinarySearchFunc(a.Items[:refused], i, byIndex); !listed {
			a.Items = append(a.Items, sink.Item{Index: i, Verdict: sink.Retry})
		}
	}
	slices.SortFunc(a.Items, func(x, y sink.Item) int { return cmp.Compare(x.Index, y.Index) })
	return a
}

// byIndex compares for a search by index.
func byIndex(it sink.Item, i int) int { return cmp.Compare(it.Index, i) }

// items turns complaints, all attributed, into one rejection per op, by ascending index.
func items(found []complaint, status int) []sink.Item {
	slices.SortStableFunc(found, func(x, y complaint) int { return cmp.Compare(x.index, y.index) })
	var list []sink.Item
	for len(found) > 0 {
		n := 1
		for n < len(found) && found[n].index == found[0].index {
			n++
		}
		it := sink.Item{Index: found[0].index, Verdict: sink.Reject, Refusal: refusal(found[:n])}
		it.Refusal.Code = cmp.Or(it.Refusal.Code, "http_"+strconv.Itoa(status))
		list = append(list, it)
		found = found[n:]
	}
	return list
}

// retryAfter reads the Retry-After header: seconds, or a date, which is measured against the answer's
// own Date where it has one, since clocks differ. What cannot be read counts as not sent; the pause is
// between 0 and [maxRetryAfter].
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, min(at.Sub(now), maxRetryAfter))
}
