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

// orphaned makes the Terraform of each ledger's process one that has died.
func orphaned(t *testing.T, dir string) {
	t.Helper()
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Skip(err)
	}
	replace(t, dir, `"parent":\d+`, fmt.Sprintf(`"parent":%d`, gone.ProcessState.Pid()))
}

// replace replaces a part of each file.
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

// TestLedger_otherContainer: a process whose Terraform is in another container, and
// so cannot be seen, is not taken for one that is about to end.
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

// TestLedger_dying: a process that ends because its Terraform was killed is waited
// for, and nobody waits for the one that waits.
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

// TestLedger_dyingNot: a process that does not end is waited for once. Its Terraform
// may be one that this process cannot see, such as in another container.
func TestLedger_dyingNot(t *testing.T) {
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
