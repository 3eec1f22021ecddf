package ledger_test

import (
	"errors"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// TestLedger_fullBefore checks that a process can claim jobs while the disk is full, and
// that no other process can claim these jobs as long as it is alive.
func TestLedger_fullBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dead := open(t, dir)
	for _, id := range []string{"1", "2", "3"} {
		submit(dead, "a", id)
	}
	dead.Abandon()
	onFull := func() *ledger.Ledger {
		l := ledger.New(ledger.Options{Dir: dir, Step: func(name string) error {
			if name == "write" {
				return errors.New("no space left on device")
			}
			return nil
		}})
		t.Cleanup(l.Abandon)
		return l
	}
	l := onFull()
	want(t, claim(l, "a"), "[1]")
	want(t, claim(open(t, dir), "a"), "[-]")
	want(t, claim(onFull(), "a"), "[-]")
	want(t, claim(l, "a", "a"), "[2 3]")
	want(t, claim(l, "a"), "[-]")
	want(t, l.Remove(true, "1"), "map[1:true]") // of the tainted resource
	l.Abandon()                                 // killed
	want(t, claim(open(t, dir), "a", "a", "a"), "[1 2 3]")
}

// TestLedger_fullOver checks that jobs which were claimed while the disk was full, and
// returned, are deleted at the end of the process: removing a file needs no space.
func TestLedger_fullOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dead := open(t, dir)
	submit(dead, "a", "1")
	submit(dead, "a", "")
	dead.Abandon()
	l := ledger.New(ledger.Options{Dir: dir, Step: func(name string) error {
		if name == "write" {
			return errors.New("no space left on device")
		}
		return nil
	}})
	for _, r := range l.Claim(kind, endpoint, []ledger.Fingerprint{mark("a"), mark("a")}) {
		if r == nil {
			t.Fatal("nothing to claim")
		}
		r.Returned()
	}
	l.Close()
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestLedger_fullClaim checks that a job that is claimed while the disk is full stays in its
// file, so that the next process finds it if this one dies.
func TestLedger_fullClaim(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	for _, stored := range []bool{false, true} {
		for at := 1; at < 20; at++ {
			dir := t.TempDir()
			for _, text := range []string{"a", "b"} {
				l := open(t, dir)
				submit(l, text, map[string]string{"a": "1", "b": "2"}[text]).Failed()
				l.Close()
			}
			if stored {
				l := open(t, dir)
				l.Seen(true, "1", "2")
				l.Close()
			}
			writes := 0
			l := ledger.New(ledger.Options{Dir: dir, Step: func(name string) error {
				if name == "write" {
					writes++
				}
				if name == "write" && writes >= at {
					return full
				}
				return nil
			}})
			first := claim(l, "a")
			removed := len(l.Remove(true, "1")) == 1
			if removed != (first[0] == "1") {
				t.Errorf("write %d: claimed %v, taken over: %t", at, first, removed)
			}
			l.Abandon() // killed
			l = open(t, dir)
			if got := claim(l, "a", "b"); first[0] == "1" && got[0] != "1" || got[1] != "2" {
				t.Errorf("stored %t, write %d: claimed %v at first, then %v", stored, at, first, got)
			}
			l.Close()
			if writes < at {
				break
			}
		}
	}
}
