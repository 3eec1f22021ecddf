package acctest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestLeftProcesses: a running process is found by its group and by a variable; one
// that has exited is not found, even if it is a zombie.
func TestLeftProcesses(t *testing.T) {
	t.Parallel()
	const variable = "ACCTEST_LEFT=yes"
	cmd := exec.Command("sleep", "600")
	cmd.Env = append(os.Environ(), variable)
	setGroup(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, left := range []func() []string{
		func() []string { return inGroup(cmd.Process.Pid) },
		func() []string { return withVariable(variable) },
	} {
		if found := left(); len(found) != 1 || !strings.HasSuffix(found[0], " sleep 600") {
			t.Errorf("got %q", found)
		}
		defer func() {
			if found := left(); len(found) > 0 {
				t.Errorf("after its exit: %q", found)
			}
		}()
	}
	killGroup(cmd)
	if found := untilNone(func() []string { return inGroup(cmd.Process.Pid) }); len(found) > 0 {
		t.Errorf("as a zombie: %q", found)
	}
	_ = cmd.Wait() // it was killed
}
