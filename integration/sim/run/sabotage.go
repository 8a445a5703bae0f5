package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pintle-io/pintle/integration/figure"
)

// most is how many schedules a planted bug may take to be caught.
const most = 20

// sabotage plants each bug and runs schedules until one catches it.
func sabotage(ctx context.Context, o options, dir string, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	list := slices.DeleteFunc(bugs(), func(b bug) bool { return o.only != "" && o.only != b.name })
	tried, begun := tryAll(ctx, o, dir, list), time.Now()
	caught := 0
	for _, b := range list {
		v := <-tried[b.name]
		if v.err != nil {
			return fmt.Errorf("%s: %w", b.name, v.err)
		}
		if v.caught {
			caught++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", b.name, b.what, v, v.took.Round(time.Second/10))
	}
	_ = w.Flush()
	fmt.Fprintf(out, "%d of %d planted bugs are caught, each within %d schedules, in %s\n", caught, len(list), most, time.Since(begun).Round(time.Second))
	missed := figure.Figure{Tier: "sabotage", What: "planted bugs not caught within 20 schedules", Runs: len(list), Value: float64(len(list) - caught), Unit: "bugs"}
	if err := missed.Print(out); err != nil {
		return err //nolint:wrapcheck // says what it was about
	}
	if caught < len(list) {
		return errFound
	}
	return nil
}

// tryAll tries bugs, some at once. Each channel gets one verdict.
func tryAll(ctx context.Context, o options, dir string, list []bug) map[string]chan verdict {
	tried := map[string]chan verdict{}
	todo := make(chan bug, len(list))
	for _, b := range list {
		tried[b.name] = make(chan verdict, 1)
		todo <- b
	}
	close(todo)
	for range o.workers {
		go func() {
			for b := range todo {
				begun := time.Now()
				v := tryBug(ctx, o, filepath.Join(dir, b.name), b)
				v.took = time.Since(begun)
				tried[b.name] <- v
			}
		}()
	}
	return tried
}

// verdict is what became of a planted bug.
type verdict struct {
	caught    bool
	schedules int
	by        string
	took      time.Duration
	err       error // it could not be tried
}

// String is the verdict in a few words.
func (v verdict) String() string {
	if !v.caught {
		return fmt.Sprintf("NOT CAUGHT in %d schedules %s", v.schedules, v.by)
	}
	return fmt.Sprintf("caught in schedule %d by %s", v.schedules, v.by)
}

// tryBug tries a bug in a directory of its own.
func tryBug(ctx context.Context, o options, dir string, b bug) verdict {
	defer os.RemoveAll(dir)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return verdict{err: err}
	}
	overlay, err := plant(dir, b)
	if err != nil {
		return verdict{err: err}
	}
	binary, err := build(ctx, dir, overlay)
	if err != nil {
		return verdict{err: err}
	}
	o.limit = min(o.limit, 2*time.Minute)
	var v verdict
	for v.schedules < most && !v.caught {
		c := chunk{o.seed + uint64(v.schedules), most - v.schedules, 1, b.faults}
		r, text, err := one(ctx, o, binary, filepath.Join(dir, "report"), c)
		v.schedules += max(1, r.Schedules) // one that ends its process is in no report
		if err == nil {
			break
		}
		broken := invariants(text)
		v.by = strings.Join(broken, ", ")
		v.caught = slices.ContainsFunc(b.caught, func(name string) bool { return slices.Contains(broken, name) })
		if !v.caught { // a later schedule may break what it is to
			v.by = fmt.Sprintf("for %s, but failed by %q: %v\n%s", strings.Join(b.caught, " or "), v.by, err, tail([]byte(text), 2000))
		}
	}
	return v
}

// invariants are those that a failing schedule names, in the order of their first violations.
func invariants(text string) (list []string) {
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		_, rest, _ := strings.Cut(line, "VIOLATION ")
		name, _, _ := strings.Cut(rest, " ")
		if name != "" && !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return list
}

// plant writes the changed sources and returns the overlay that names them.
func plant(dir string, b bug) (overlay string, err error) {
	changed := map[string]string{}
	for _, e := range b.edits {
		if _, has := changed[e.file]; !has {
			source, err := os.ReadFile(e.file)
			if err != nil {
				return "", err //nolint:wrapcheck // says what it was about
			}
			changed[e.file] = string(source)
		}
		if n := strings.Count(changed[e.file], e.from); n != 1 {
			return "", fmt.Errorf("%s holds %d times, and must hold once, the text\n%s\nwhich the bug replaces: adapt the bug to the code", e.file, n, e.from)
		}
		changed[e.file] = strings.Replace(changed[e.file], e.from, e.to, 1)
	}
	replace := map[string]string{}
	for file, source := range changed {
		path, err := filepath.Abs(file)
		if err != nil {
			return "", err //nolint:wrapcheck // says what it was about
		}
		replace[path] = filepath.Join(dir, b.name+"-"+filepath.Base(file))
		if err := os.WriteFile(replace[path], []byte(source), 0o600); err != nil {
			return "", err //nolint:wrapcheck // says what it was about
		}
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err //nolint:wrapcheck // cannot be
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, raw, 0o600)
}
