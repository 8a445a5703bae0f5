//go:build race

package integration

// raceDetector says that this binary has it; the members are then built with it too.
const raceDetector = true
