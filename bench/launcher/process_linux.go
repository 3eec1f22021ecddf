package main

import (
	"os"
	"os/exec"
	"syscall"
)

// dieTogether kills the program when the launcher is killed.
func dieTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// peak returns the peak memory of the process, in bytes.
func peak(state *os.ProcessState) int64 {
	if rusage, ok := state.SysUsage().(*syscall.Rusage); ok {
		return rusage.Maxrss * 1024
	}
	return 0
}
