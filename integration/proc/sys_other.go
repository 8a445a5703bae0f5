//go:build !linux

package proc

import "syscall"

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

func peakResident(int) int64 { return 0 }
