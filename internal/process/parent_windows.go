package process

import "os"

// waitForEnd returns when the parent has ended. A child keeps the number of a
// parent that is gone, but any process can be waited for.
func waitForEnd(parent int) {
	process, err := os.FindProcess(parent)
	if err != nil {
		return // it has ended before
	}
	_, _ = process.Wait()
}
