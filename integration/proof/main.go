// Program proof runs the tiers of the proof one after another, gathers the figures that they measure, and
// prints them as one Markdown table: docs/reliability.md holds the last one.
//
//	go run ./integration/proof                        # all of them
//	go run ./integration/proof -long                  # ten times as much
//	go run ./integration/proof -only memory,brokers   # some of the tiers
//
// What the tiers say goes to standard error as it comes, the table to standard output. It ends with code 1
// when a tier fails, could not run or measured nothing, or when a figure misses its limit.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"

	"github.com/pintle-io/pintle/integration/machine"
)

func main() {
	long := flag.Bool("long", false, "ten times as much")
	only := flag.String("only", "", "the tiers to run, by their names with commas between them; all of them otherwise")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	chosen, err := choose(tiers(*long), *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "proof:", err)
		stop()
		os.Exit(2) //nolint:gocritic // nothing is left to undo
	}
	fmt.Fprintf(os.Stdout, "%s, %s, %s.\n\n", time.Now().Format(time.DateOnly), commit(ctx), machine.Describe())
	if !prove(ctx, chosen, os.Stdout, os.Stderr) {
		stop()
		os.Exit(1)
	}
}

// commit names what is proven.
func commit(ctx context.Context) string {
	head, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "commit unknown"
	}
	name := "commit " + strings.TrimSpace(string(head))
	if exec.CommandContext(ctx, "git", "diff", "--quiet", "HEAD").Run() != nil {
		name += " with changes"
	}
	return name
}
