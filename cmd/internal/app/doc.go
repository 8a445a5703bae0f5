// Package app puts pintle together: from a configuration to a running pipeline with its admin server,
// and back to nothing in order.
package app
