package telemetry

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/metric"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
)

// instruments are what is observed. Prometheus spells their names with underscores, counters with
// _total and units as suffixes.
type instruments struct {
	events, consumed, changes         metric.Int64ObservableCounter
	inFlight, imbalance               metric.Int64ObservableGauge
	lag, braked, lapsed               metric.Int64ObservableGauge
	gaps, lost                        metric.Int64ObservableCounter
	age                               metric.Float64ObservableGauge
	requests, retries, resent, splits metric.Int64ObservableCounter
	gate, permits, air                metric.Int64ObservableGauge
	rate                              metric.Float64ObservableGauge
	held, budget                      metric.Int64ObservableGauge
	lettersWritten                    metric.Int64ObservableCounter
	lettersWaiting                    metric.Int64ObservableGauge
}

// maker makes instruments and keeps what went wrong.
type maker struct {
	meter metric.Meter
	all   []metric.Observable
	err   error
}

func (m *maker) keep(i metric.Observable, err error) {
	m.all = append(m.all, i)
	m.err = errors.Join(m.err, err)
}

func (m *maker) counter(to *metric.Int64ObservableCounter, name, unit, what string) {
	i, err := m.meter.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(what))
	*to = i
	m.keep(i, err)
}

func (m *maker) gauge(to *metric.Int64ObservableGauge, name, unit, what string) {
	i, err := m.meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(what))
	*to = i
	m.keep(i, err)
}

func (m *maker) real(to *metric.Float64ObservableGauge, name, unit, what string) {
	i, err := m.meter.Float64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(what))
	*to = i
	m.keep(i, err)
}

func (m *maker) instruments() *instruments {
	i := &instruments{}
	m.counter(&i.events, "pintle.events", "{event}", "Events by how they ended and why.")
	m.counter(&i.consumed, "pintle.events.consumed", "{event}", "Events read from the topic; a record that cannot be decoded counts as one.")
	m.counter(&i.changes, "pintle.mapping.changes", "{change}", "What the mapping altered or left out in events that it mapped, by why.")
	m.gauge(&i.inFlight, "pintle.events.in_flight", "{event}", "Events read and not yet ended.")
	m.gauge(&i.imbalance, "pintle.ledger.imbalance", "{event}", "What the books are off by: consumed less ended less in flight. Anything but 0 is a fault of pintle.")
	m.gauge(&i.lag, "pintle.consumer.lag", "{record}", "Records of the partition that are not finished: its end less the watermark.")
	m.real(&i.age, "pintle.consumer.lag.age", "s", "Age of the oldest unfinished record of the partition, 0 when all are finished.")
	m.gauge(&i.braked, "pintle.consumer.braked", "", "1 while the partition is stopped because most records cannot be decoded or mapped, or are refused.")
	m.gauge(&i.lapsed, "pintle.consumer.lapsed", "", "1 while nothing is sent because the coordinator of the group does not answer, 0 otherwise.")
	m.counter(&i.gaps, "pintle.consumer.gaps", "{gap}", "Stretches of the topic that were passed over because they could not be read, by reason.")
	m.counter(&i.lost, "pintle.consumer.lost", "{record}", "Records in these gaps, at most.")
	m.counter(&i.requests, "pintle.sink.requests", "{request}", "Answered requests to Customer.io by HTTP status; none: there was no answer.")
	m.counter(&i.retries, "pintle.sink.retries", "{request}", "Requests that repeated operations of an earlier one.")
	m.counter(&i.resent, "pintle.sink.resent", "{operation}", "Operations that went out again.")
	m.counter(&i.splits, "pintle.sink.splits", "{request}", "Requests that were taken apart to find the operation at fault.")
	m.gauge(&i.gate, "pintle.sink.gate", "", "1 for the state of the gate and its cause, 0 for the others. While it is shut nothing is sent but probes.")
	m.gauge(&i.permits, "pintle.sink.permits", "{request}", "Requests that may be in the air at once.")
	m.gauge(&i.air, "pintle.sink.in_flight", "{request}", "Requests in the air.")
	m.real(&i.rate, "pintle.sink.rate_limit", "", "Requests a second that may be made; +Inf without a limit.")
	m.gauge(&i.held, "pintle.held", "By", "Bytes of records and operations in memory.")
	m.gauge(&i.budget, "pintle.budget", "By", "Bytes above which partitions pause.")
	m.counter(&i.lettersWritten, "pintle.letters.written", "{letter}", "Letters that the dead-letter topic has acknowledged.")
	m.gauge(&i.lettersWaiting, "pintle.letters.waiting", "{letter}", "Letters not acknowledged yet.")
	return i
}

// observe registers every instrument with one callback, so that a scrape sees one snapshot.
func observe(meter metric.Meter, stats func() processor.Stats, letters func() deadletter.Stats) error {
	m := &maker{meter: meter}
	i := m.instruments()
	if m.err != nil {
		return m.err
	}
	_, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		s, l := stats(), letters()
		i.books(o, &s.Ledger)
		i.consumer(o, &s)
		i.sink(o, &s.Sink)
		o.ObserveInt64(i.lettersWritten, l.Written)
		o.ObserveInt64(i.lettersWaiting, l.Waiting)
		return nil
	}, m.all...)
	return err
}
