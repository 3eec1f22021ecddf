//go:build !windows

package supervisor

import (
	"os"
	"os/exec"
	"syscall"
)

// withWatcher is the script that runs a worker's command, its first argument. A second
// process, which is not a child of the command, kills the process group when the other
// end of file descriptor 3 is closed, that is, when the simulator has exited for
// whatever reason.
const withWatcher = `( (read -r _; kill -s KILL 0) <&3 >/dev/null 2>&1 & ); exec 3<&-; exec sh -c "$1"`

// start starts a user's command in the shell, in a process group of its own, so that it
// can be killed with everything that it starts. The caller must call release when the
// command has exited.
func start(command string, prepare func(*exec.Cmd)) (cmd *exec.Cmd, release func(), err error) {
	watched, lifeline, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer watched.Close()                                      //nolint:errcheck // only the command reads from it
	cmd = exec.Command("sh", "-c", withWatcher, "sh", command) //nolint:gosec,noctx // the user's own command; it is stopped with its group
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
