package supervisor

import (
	"os/exec"
	"strconv"
)

// start starts a user's command in the shell. release does nothing.
func start(command string, prepare func(*exec.Cmd)) (cmd *exec.Cmd, release func(), err error) {
	cmd = exec.Command("cmd", "/C", command) //nolint:gosec,noctx // the user's own command; it is stopped with its tree
	prepare(cmd)
	return cmd, func() {}, cmd.Start()
}

// terminate kills the command: Windows has no graceful way.
func terminate(cmd *exec.Cmd) { kill(cmd) }

// kill kills the command and everything that it started.
func kill(cmd *exec.Cmd) {
	_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run() //nolint:gosec,noctx // a number
}
