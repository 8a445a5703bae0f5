package telemetry

import (
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink"
)

// Outcomes, as label values.
const (
	outcomeDelivered    = "delivered"
	outcomeFiltered     = "filtered"
	outcomeDeadLettered = "dead_lettered"
	outcomeHandedBack   = "handed_back"
)

// books observes the ledger. The sum of pintle_events_total and of what is in flight is what was consumed.
func (i *instruments) books(o metric.Observer, l *processor.Ledger) {
	ended := func(outcome string, reason sink.Reason, n int64) {
		o.ObserveInt64(i.events, n, metric.WithAttributes(attribute.String("outcome", outcome), attribute.String("reason", string(reason))))
	}
	ended(outcomeDelivered, "", l.Delivered)
	ended(outcomeHandedBack, "", l.HandedBack)
	for reason, n := range l.FilteredBy {
		ended(outcomeFiltered, reason, n)
	}
	for reason, n := range l.DeadLetteredBy {
		ended(outcomeDeadLettered, reason, n)
	}
	for why, n := range l.ChangedBy {
		o.ObserveInt64(i.changes, n, metric.WithAttributes(attribute.String("why", string(why))))
	}
	o.ObserveInt64(i.consumed, l.Consumed)
	o.ObserveInt64(i.inFlight, l.InFlight)
	o.ObserveInt64(i.imbalance, l.Imbalance())
}

func (i *instruments) consumer(o metric.Observer, s *processor.Stats) {
	for n := range s.Partitions {
		p := &s.Partitions[n]
		partition := metric.WithAttributes(attribute.String("partition", strconv.Itoa(int(p.Partition))))
		o.ObserveInt64(i.lag, p.Lag, partition)
		o.ObserveInt64(i.braked, flag(p.Braked), partition)
		o.ObserveFloat64(i.age, p.Age.Seconds(), partition)
	}
	o.ObserveInt64(i.lapsed, flag(!s.Lapsed.IsZero()))
	for _, why := range processor.GapReasons() {
		reason := metric.WithAttributes(attribute.String("reason", string(why)))
		o.ObserveInt64(i.gaps, s.Gaps[why].Gaps, reason)
		o.ObserveInt64(i.lost, s.Gaps[why].Records, reason)
	}
	o.ObserveInt64(i.held, s.HeldBytes)
	o.ObserveInt64(i.budget, s.BudgetBytes)
}

func (i *instruments) sink(o metric.Observer, s *sink.Stats) {
	for status, n := range s.Statuses {
		text := "none"
		if status != 0 {
			text = strconv.Itoa(status)
		}
		o.ObserveInt64(i.requests, n, metric.WithAttributes(attribute.String("status", text)))
	}
	o.ObserveInt64(i.retries, s.Retries)
	o.ObserveInt64(i.resent, s.Resent)
	o.ObserveInt64(i.splits, s.Splits)
	o.ObserveInt64(i.permits, int64(s.Permits))
	o.ObserveInt64(i.air, int64(s.InFlight))
	o.ObserveFloat64(i.rate, s.Rate)
	i.gateState(o, s.Gate)
}

// gateState observes every state that the gate can have, so that each is a series from the start.
func (i *instruments) gateState(o metric.Observer, g sink.GateState) {
	for _, cause := range []sink.Cause{sink.CauseNone, sink.CauseServer, sink.CauseTransport, sink.CauseCredentials, sink.CauseConfiguration} {
		state, holds := "shut", g.Shut && g.Cause == cause
		if cause == sink.CauseNone {
			state, holds = "open", !g.Shut
		}
		o.ObserveInt64(i.gate, flag(holds), metric.WithAttributes(attribute.String("state", state), attribute.String("cause", cause.String())))
	}
}

func flag(on bool) int64 {
	if on {
		return 1
	}
	return 0
}
