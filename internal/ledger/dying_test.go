//go:build unix

package ledger_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// orphaned puts the ID of a process that has ended into each file, as that of the CLI.
func orphaned(t *testing.T, dir string) {
	t.Helper()
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Skipf("needs the command true, to have the ID of a process that has ended: %v", err)
	}
	replace(t, dir, `"parent":\d+`, fmt.Sprintf(`"parent":%d`, gone.ProcessState.Pid()))
}

// replace replaces what matches a pattern in each file.
func replace(t *testing.T, dir, pattern, by string) {
	t.Helper()
	for _, name := range files(t, dir) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, regexp.MustCompile(pattern).ReplaceAll(content, []byte(by)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLedger_otherContainer checks that a process whose CLI is in another container is not
// waited for.
func TestLedger_otherContainer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		submit(open(t, dir), "a", "1")
		orphaned(t, dir)
		replace(t, dir, `"space":"\w+"`, `"space":"0123456789abcdef"`)
		began := time.Now()
		want(t, claim(open(t, dir), "a"), "[-]")
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// TestLedger_dying checks that a process waits for another one whose CLI was killed, and
// that a third process waits for neither.
func TestLedger_dying(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		dying := open(t, dir)
		submit(dying, "a", "1")
		orphaned(t, dir)
		waiting, other := open(t, dir), open(t, dir)
		claimed := make(chan []string)
		go func() { claimed <- claim(waiting, "a") }()
		synctest.Wait()
		began := time.Now()
		submit(other, "b", "2").Returned()
		if took := time.Since(began); took > time.Second {
			t.Errorf("another process waited for %s", took)
		}
		select {
		case got := <-claimed:
			t.Fatalf("it did not wait: %v", got)
		default:
		}
		dying.Abandon()
		want(t, <-claimed, "[1]")
	})
}

// TestLedger_notDying checks that the time spent waiting for processes that do not end is
// limited.
func TestLedger_notDying(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		for range 3 {
			submit(open(t, dir), "a", "1")
		}
		orphaned(t, dir)
		l := open(t, dir)
		began := time.Now()
		for i := range 5 {
			want(t, claim(l, "a"), "[-]")
			dead := ledger.New(ledger.Options{Dir: dir}) // the folder changes
			submit(dead, "b", fmt.Sprint(i))
			dead.Abandon()
		}
		if took := time.Since(began); took < 20*time.Second || took > 40*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}
