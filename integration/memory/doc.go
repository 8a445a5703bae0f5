// Package memory is the proof that memory keeps to its budget: the shipped binary drains backlogs that are
// many times the budget, of every shape that makes a consumer grow (many partitions, records of 10 MB,
// batches that unpack to a thousand times their size, a destination that hangs), and the system says how
// much of it was resident.
//
// The broker and the stand-in live in the test, the program is a process of its own, and what is read is
// the system's high-water mark of exactly that process. That is to be had on Linux only; elsewhere the
// tests say so and prove nothing.
package memory
