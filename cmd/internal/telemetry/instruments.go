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
	events, consumed                  metric.Int64ObservableCounter
	inFlight, imbalance               metric.Int64ObservableGauge
	lag                               metric.Int64ObservableGauge
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

func (m *maker) counter(name, unit, what string) metric.Int64ObservableCounter {
	i, err := m.meter.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(what))
	m.err = errors.Join(m.err, err)
	m.all = append(m.all, i)
	return i
}

func (m *maker) gauge(name, unit, what string) metric.Int64ObservableGauge {
	i, err := m.meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(what))
	m.err = errors.Join(m.err, err)
	m.all = append(m.all, i)
	return i
}

func (m *maker) real(name, unit, what string) metric.Float64ObservableGauge {
	i, err := m.meter.Float64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(what))
	m.err = errors.Join(m.err, err)
	m.all = append(m.all, i)
	return i
}

func (m *maker) instruments() *instruments {
	return &instruments{
		events:         m.counter("pintle.events", "{event}", "Events by how they ended and why."),
		consumed:       m.counter("pintle.events.consumed", "{event}", "Events read from the topic; a record that cannot be decoded counts as one."),
		inFlight:       m.gauge("pintle.events.in_flight", "{event}", "Events read and not yet ended."),
		imbalance:      m.gauge("pintle.ledger.imbalance", "{event}", "What the books are off by: consumed less ended less in flight. Anything but 0 is a fault of pintle."),
		lag:            m.gauge("pintle.consumer.lag", "{record}", "Records of the partition that are not finished: its end less the watermark."),
		age:            m.real("pintle.consumer.lag.age", "s", "Age of the oldest unfinished record of the partition, 0 when all are finished."),
		requests:       m.counter("pintle.sink.requests", "{request}", "Answered requests to Customer.io by HTTP status; none: there was no answer."),
		retries:        m.counter("pintle.sink.retries", "{request}", "Requests that repeated operations of an earlier one."),
		resent:         m.counter("pintle.sink.resent", "{operation}", "Operations that went out again."),
		splits:         m.counter("pintle.sink.splits", "{request}", "Requests that were taken apart to find the operation at fault."),
		gate:           m.gauge("pintle.sink.gate", "", "1 for the state of the gate and its cause, 0 for the others. While it is shut nothing is sent but probes."),
		permits:        m.gauge("pintle.sink.permits", "{request}", "Requests that may be in the air at once."),
		air:            m.gauge("pintle.sink.in_flight", "{request}", "Requests in the air."),
		rate:           m.real("pintle.sink.rate_limit", "", "Requests a second that may be made; +Inf without a limit."),
		held:           m.gauge("pintle.held", "By", "Bytes of records and operations in memory."),
		budget:         m.gauge("pintle.budget", "By", "Bytes above which partitions pause."),
		lettersWritten: m.counter("pintle.letters.written", "{letter}", "Letters that the dead-letter topic has acknowledged."),
		lettersWaiting: m.gauge("pintle.letters.waiting", "{letter}", "Letters not acknowledged yet."),
	}
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
