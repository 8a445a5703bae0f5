package telemetry

import (
	"context"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
)

// scrapesAtOnce bounds the snapshots that are taken at the same time.
const scrapesAtOnce = 4

// New returns a handler that answers scrapes, and a function that ends it. Both stats are called at
// each scrape, by any goroutine. It keeps a registry of its own, so that several may live side by side.
func New(stats func() processor.Stats, letters func() deadletter.Stats) (http.Handler, func(context.Context) error, error) {
	registry, shutdown, err := newRegistry(stats, letters)
	if err != nil {
		return nil, nil, err
	}
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		Registry: registry, MaxRequestsInFlight: scrapesAtOnce,
	})
	return handler, shutdown, nil
}

func newRegistry(stats func() processor.Stats, letters func() deadletter.Stats) (*prometheus.Registry, func(context.Context) error, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	reader, err := exporter.New(
		exporter.WithRegisterer(registry),
		// Said explicitly: the names are API, and must not change with a default of the library.
		exporter.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes),
		exporter.WithoutScopeInfo(),
		exporter.WithoutTargetInfo(),
	)
	if err != nil {
		return nil, nil, fmt.Errorf("set up the metrics: %w", err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	if err := observe(provider.Meter("github.com/pintle-io/pintle"), stats, letters); err != nil {
		return nil, nil, fmt.Errorf("set up the metrics: %w", err)
	}
	return registry, provider.Shutdown, nil
}
