//go:build !linux

package proc

import "syscall"

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

func maxResident(any) int64 { return 0 }
