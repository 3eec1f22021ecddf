package process

import (
	"os"
	"os/signal"
	"syscall"
)

// LeaveTerminationToParent keeps SIGTERM and SIGHUP from ending the provider. What
// stops a run, such as systemd, a CI runner or a terminal, often signals all of its
// processes. Terraform then asks the provider to stop and waits for what it knows;
// a provider that is gone by then takes the ids of the jobs under way with it. The
// plugin library ignores Ctrl-C for the same reason. Nor does a write to a parent
// that is gone end the provider. [WatchParent] is what ends it.
func LeaveTerminationToParent() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
}

// WatchParent calls orphaned, once, when the process that started this one has
// ended. A parent that was killed asks for nothing any more.
func WatchParent(orphaned func()) {
	parent := os.Getppid()
	go func() {
		waitForEnd(parent)
		orphaned()
	}()
}
