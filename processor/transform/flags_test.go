package transform_test

import (
	"flag"
	"testing"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files anew")
	flag.Parse()
	m.Run() // its result is the exit code
}
