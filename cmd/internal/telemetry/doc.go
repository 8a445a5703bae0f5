// Package telemetry shows what the processor and the dead-letter writer know of themselves as
// Prometheus metrics, by way of OpenTelemetry. It measures nothing itself: every value is read from a
// snapshot at the moment of the scrape, so that an age grows while everything else stands still.
//
// Names, types and labels are API. docs/metrics.md lists them, and a test holds it to them.
package telemetry
