package supervisor

import (
	"os/exec"
	"strconv"
)

// start starts a command of the user in the shell. There is nothing to release.
func start(command string, prepare func(*exec.Cmd)) (cmd *exec.Cmd, release func(), err error) {
	cmd = exec.Command("cmd", "/C", command) //nolint:gosec,noctx // the user's own command; it is stopped by its tree
	prepare(cmd)
	return cmd, func() {}, cmd.Start()
}

// terminate has no gentle way.
func terminate(cmd *exec.Cmd) { kill(cmd) }

// kill ends the command with all that it started.
func kill(cmd *exec.Cmd) {
	_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run() //nolint:gosec,noctx // a number
}
