//go:build !windows

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// setApart gives a command a process group of its own, so that signals reach it
// only from here. At a terminal it stays in the group that may read from it.
func setApart(cmd *exec.Cmd) bool {
	if tty, err := os.Open("/dev/tty"); err == nil {
		_ = tty.Close()
		return false
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return true
}
