package supervisor

import (
	"os/exec"
	"strconv"
)

func shell(command string) *exec.Cmd {
	return exec.Command("cmd", "/C", command) //nolint:gosec,noctx // the user's own command; it is stopped by its tree
}

func group(*exec.Cmd) {}

// terminate has no gentle way.
func terminate(cmd *exec.Cmd) { kill(cmd) }

// kill ends the command with all that it started.
func kill(cmd *exec.Cmd) {
	_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run() //nolint:gosec,noctx // a number
}
