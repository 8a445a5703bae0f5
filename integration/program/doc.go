// Package program builds the programs of this repository and runs pintle the way an operator does: with
// a configuration file, signals, and the admin server. Tests and benchmarks use it; it imports nothing
// of the program, so that what they see is what anybody sees.
package program
