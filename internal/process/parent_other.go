//go:build !windows

package process

import (
	"os"
	"time"
)

// parentCheck is how often the provider looks whether its parent has ended.
const parentCheck = 500 * time.Millisecond

// waitForEnd returns when the parent has ended: the system then gives its child
// another one.
func waitForEnd(parent int) {
	for os.Getppid() == parent {
		time.Sleep(parentCheck)
	}
}
