//go:build unix

package process

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// parentCheck is how often the provider looks whether its parent has ended.
const parentCheck = 500 * time.Millisecond

// stdout is where the parent reads the address of the provider. The plugin library
// puts another file in the place of os.Stdout, and a file that nothing refers to
// is closed.
var stdout = os.Stdout

// waitForEnd returns when the parent has ended: the system then gives its child
// another one. Where that happened before the child looked for the first time,
// nothing reads its standard output any more.
func waitForEnd(parent int) {
	descriptor := int(stdout.Fd())
	for os.Getppid() == parent && !unread(descriptor) {
		time.Sleep(parentCheck)
	}
}

// unread reports whether a descriptor is the writing end of a pipe that has no reader.
func unread(descriptor int) bool {
	poll := []unix.PollFd{{Fd: int32(descriptor)}} //nolint:gosec // a descriptor is a small number
	n, err := unix.Poll(poll, 0)
	return err == nil && n > 0 && poll[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}
