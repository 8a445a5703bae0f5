//go:build !linux

package proc

import "syscall"

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

func resident(int) (now, peak int64) { return 0, 0 }
