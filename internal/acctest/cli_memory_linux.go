package acctest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// WatchPeak watches the provider's processes that a CLI starts. The returned function
// returns the peak memory, in bytes, of the largest of them.
func WatchPeak(t *testing.T, cli *CLI) (peak func() int64) {
	t.Helper()
	cli.mu.Lock()
	cli.measured = true
	cli.mu.Unlock()
	var most atomic.Int64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
			processes, _ := filepath.Glob("/proc/[0-9]*")
			for _, process := range processes {
				program, _ := os.Readlink(process + "/exe")
				folder, _ := os.Readlink(process + "/cwd")
				if folder == cli.Dir && strings.HasPrefix(filepath.Base(program), "terraform-provider-") {
					most.Store(max(most.Load(), highWater(process)))
				}
			}
		}
	}()
	return func() int64 {
		close(stop)
		<-done
		return most.Load()
	}
}

// highWater returns the peak resident memory of a process so far.
func highWater(process string) int64 {
	status, _ := os.ReadFile(process + "/status")
	for line := range strings.Lines(string(status)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 0
}
