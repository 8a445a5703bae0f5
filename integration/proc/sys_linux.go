package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// attributes ties the child's life to the thread that starts it, and keeps a terminal's ^C from it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// resident returns the resident memory of a living process and its high-water mark, in bytes.
func resident(pid int) (now, peak int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0
	}
	field := func(name string) int64 {
		_, after, _ := strings.Cut(string(text), name)
		line, _, _ := strings.Cut(after, "kB")
		kib, _ := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		return kib << 10
	}
	return field("VmRSS:"), field("VmHWM:")
}
