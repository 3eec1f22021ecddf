package ledger_test

import (
	"errors"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// TestLedger_fullClaim: a job that is claimed where nothing can be written stays in
// the file that it is in, so that the next process finds it when this one dies.
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
