package process

import (
	"os"
	"os/signal"
	"syscall"
)

// LeaveTerminationToParent keeps SIGTERM and SIGHUP from ending the provider. Whatever
// stops a run, such as systemd, a CI runner or a terminal, often signals all of its
// processes. Terraform then asks the provider to stop and waits for what it returns; a
// provider that has already exited loses the ids of the jobs that it is waiting for.
// The plugin library ignores Ctrl-C for the same reason. SIGPIPE is ignored, too, so
// writing to a parent that has exited does not end the provider. [WatchParent] reports
// that the parent has exited.
func LeaveTerminationToParent() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
}

// WatchParent calls orphaned once, when the process that started this one has exited: a
// parent that was killed cannot ask the provider to stop.
func WatchParent(orphaned func()) {
	parent := os.Getppid()
	go func() {
		waitForExit(parent)
		orphaned()
	}()
}
