// Command pintle takes RudderStack events from a Kafka topic to Customer.io.
//
// Standard output is data, standard error is talk. See [exitCode] for what it exits with.
package main

import (
	"context"
	"fmt"
	"os"
)

// version is set by the linker; without it the build's own information is used.
var version string

func main() {
	p := &program{stdout: os.Stdout, stderr: os.Stderr, version: versionText(version)}
	err := p.command().ExecuteContext(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "pintle:", err)
	}
	os.Exit(exitCode(err))
}
