//go:build !windows

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// setApart gives a command a process group of its own, so that it gets signals only
// from this process. At a terminal the command stays in this group, because only the
// foreground group may read from a terminal.
func setApart(cmd *exec.Cmd) bool {
	if tty, err := os.Open("/dev/tty"); err == nil {
		_ = tty.Close()
		return false
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return true
}
