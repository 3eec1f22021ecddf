//go:build unix

package process

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// parentCheck is the interval at which the provider checks whether its parent has
// exited.
const parentCheck = 500 * time.Millisecond

// stdout is the original standard output, from which the parent reads the provider's
// address. The plugin library replaces os.Stdout, and without this reference the
// garbage collector would close the file.
var stdout = os.Stdout

// waitForExit returns when the parent has exited: the system then gives the child
// another parent. If that happened before the first check, the pipe of the standard
// output has no reader any more.
func waitForExit(parent int) {
	descriptor := int(stdout.Fd())
	for os.Getppid() == parent && !hasNoReader(descriptor) {
		time.Sleep(parentCheck)
	}
}

// hasNoReader reports whether a descriptor is the write end of a pipe without a reader.
func hasNoReader(descriptor int) bool {
	poll := []unix.PollFd{{Fd: int32(descriptor)}} //nolint:gosec // descriptors are small numbers
	n, err := unix.Poll(poll, 0)
	return err == nil && n > 0 && poll[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}
