package process

import "os"

// waitForExit returns when the parent has exited. On Windows a child keeps the process
// id of its parent, but can wait for any process.
func waitForExit(parent int) {
	process, err := os.FindProcess(parent)
	if err != nil {
		return // it has already exited
	}
	_, _ = process.Wait()
}
