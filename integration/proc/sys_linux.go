package proc

import "syscall"

// attributes ties the child's life to the thread that starts it, and keeps a terminal's ^C from it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func maxResident(usage any) int64 {
	if r, ok := usage.(*syscall.Rusage); ok {
		return r.Maxrss << 10 // KiB on Linux
	}
	return 0
}
