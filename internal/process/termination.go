package process

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// orphanCheck is how often a provider looks whether the process that started it
// has ended.
const orphanCheck = 200 * time.Millisecond

// LeaveTerminationToParent ties the end of the provider to that of the process
// that started it.
//
// SIGTERM does not end the provider. What stops a run, such as systemd or a CI
// runner, often signals all of its processes. Terraform then asks the provider to
// stop and waits for what it knows; a provider that is gone by then takes the ids
// of the jobs under way with it. The plugin library ignores Ctrl-C for the same
// reason.
//
// A provider whose Terraform has died ends a moment later: nobody learns what it
// does, and the next apply can take its jobs over only when it is gone.
func LeaveTerminationToParent() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM) // nobody reads it
	parent := os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(orphanCheck)
		}
		os.Exit(1)
	}()
}
