package process

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// orphanCheck is how often a terminated provider looks whether the process that
// started it has ended.
const orphanCheck = 200 * time.Millisecond

// LeaveTerminationToParent keeps SIGTERM from ending the provider while the
// process that started it is there. What stops a run, such as systemd or a CI
// runner, often signals all of its processes. Terraform then
// asks the provider to stop and waits for what it knows; a provider that is
// gone by then takes the ids of the jobs under way with it. The plugin library
// ignores Ctrl-C for the same reason.
func LeaveTerminationToParent() {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	parent := os.Getppid()
	go func() {
		<-terminated
		for os.Getppid() == parent {
			time.Sleep(orphanCheck)
		}
		os.Exit(1)
	}()
}
