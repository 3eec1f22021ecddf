package payload_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

func TestLineOf(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "requests.jsonl")
	if err := os.WriteFile(name, []byte("\ufeff{\"a\":1}\r\n\n  \n{\"a\":2}\n\n{\"a\":3}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for index, want := range map[int]int{0: 1, 1: 4, 2: 6, 3: 0} {
		if got := payload.LineOf(name, 100, index); got != want {
			t.Errorf("index %d is on line %d, want %d", index, got, want)
		}
	}
	if got := payload.LineOf(name+"x", 100, 0); got != 0 {
		t.Errorf("line %d of no file", got)
	}
}
