package acctest

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// leftDelay is how long processes that a run, or the tests, have started may take to
// exit.
const leftDelay = 10 * time.Second

// markOfTests is an environment variable of all processes that the tests start.
const markOfTests = "ACCTEST_RUN"

// Run runs the tests of a package like [testing.M.Run]. It fails if a process that they
// have started is still running at the end.
func Run(m *testing.M) (exitCode int) {
	mark := fmt.Sprint(os.Getpid())
	if err := os.Setenv(markOfTests, mark); err != nil {
		panic(err)
	}
	exitCode = m.Run()
	if left := untilNone(func() []string { return withVariable(markOfTests + "=" + mark) }); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "FAIL: the tests leave processes behind:\n%s\n", strings.Join(left, "\n"))
		return max(exitCode, 1)
	}
	return exitCode
}

// untilNone returns the processes that are still running after a while.
func untilNone(left func() []string) []string {
	found := left()
	for deadline := time.Now().Add(leftDelay); len(found) > 0 && time.Now().Before(deadline); found = left() {
		time.Sleep(20 * time.Millisecond)
	}
	return found
}
