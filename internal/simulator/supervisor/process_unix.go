//go:build !windows

package supervisor

import (
	"os/exec"
	"syscall"
)

func shell(command string) *exec.Cmd {
	return exec.Command("sh", "-c", command) //nolint:gosec,noctx // the user's own command; it is stopped by its group
}

// group gives the command a process group of its own, so that it can be ended
// with all that it starts.
func group(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func terminate(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }

func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
