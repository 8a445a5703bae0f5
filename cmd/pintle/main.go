// Command pintle takes RudderStack events from a Kafka topic to Customer.io.
//
// Standard output is data, standard error is talk. See [exitCode] for what it exits with.
package main

import (
	"context"
	"os"
)

// version is set by the linker; without it the build's own information is used.
var version string

func main() {
	p := &program{stdout: os.Stdout, stderr: os.Stderr, version: versionText(version)}
	os.Exit(p.run(context.Background(), os.Args[1:]))
}
