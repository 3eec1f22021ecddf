//go:build !windows

package supervisor

import (
	"os"
	"os/exec"
	"syscall"
)

// withWatcher is the script that runs a worker's command, its argument. A process
// beside it, which is not a child of the command, kills the group when the other
// end of file descriptor 3 closes: when the simulator has ended, however it did.
const withWatcher = `( (read -r _; kill -s KILL 0) <&3 >/dev/null 2>&1 & ); exec 3<&-; exec sh -c "$1"`

// start starts a command of the user in the shell. It has a process group of its
// own, so that it can be ended with all that it starts. To be called when it has
// ended, release frees what kept it alive.
func start(command string, prepare func(*exec.Cmd)) (cmd *exec.Cmd, release func(), err error) {
	watched, lifeline, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer watched.Close()                                      //nolint:errcheck // it is only read from, by the command
	cmd = exec.Command("sh", "-c", withWatcher, "sh", command) //nolint:gosec,noctx // the user's own command; it is stopped by its group
	cmd.ExtraFiles = []*os.File{watched}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	prepare(cmd)
	if err := cmd.Start(); err != nil {
		_ = lifeline.Close()
		return nil, nil, err
	}
	return cmd, func() { _ = lifeline.Close() }, nil
}

func terminate(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }

func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
