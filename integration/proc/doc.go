// Package proc runs the child processes of tests and benchmarks: each has one owner that waits for
// it, a log that can be read while it runs, and an end that does not depend on the parent's manners
// (on Linux a child dies with the thread that started it, so a test that panics leaves none behind).
package proc
