// Package machine says where figures were measured, and how busy it was there: a figure without it says
// nothing.
package machine

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Describe names the processor, the memory, the version of Go and the system, in one line.
func Describe() string {
	model := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	memory := ""
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			if kib, err := strconv.Atoi(fields[1]); err == nil {
				memory = fmt.Sprintf(", %.1f GiB", float64(kib)/(1<<20))
			}
		}
	}
	return fmt.Sprintf("%d cores (%s)%s, %s, %s/%s", runtime.NumCPU(), model, memory, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// Load says how busy the machine is: the share of its cores that is idle in the second that it waits, and
// the load average of the last minute.
func Load() string {
	before, ok := ticks()
	if !ok {
		return "–"
	}
	time.Sleep(time.Second)
	after, _ := ticks()
	idle := float64(after.idle-before.idle) / max(1, float64(after.all-before.all))
	average := "–"
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		average, _, _ = strings.Cut(string(text), " ")
	}
	return fmt.Sprintf("%.0f %% idle, load %s", 100*idle, average)
}

type cpuTicks struct{ idle, all uint64 }

func ticks() (t cpuTicks, ok bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t, false
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line)[1:] {
		n, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return t, false
		}
		t.all += n
		if i == 3 || i == 4 { // idle, waiting for a disk
			t.idle += n
		}
	}
	return t, true
}
