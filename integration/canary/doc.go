// Package canary plants a unique text in every personal value and every secret of a run, and finds it again
// in whatever the program writes, however it is encoded. Its test runs the shipped binary through every
// path on which it writes anything, and searches all of it.
package canary
