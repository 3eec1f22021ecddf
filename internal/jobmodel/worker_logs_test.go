package jobmodel

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// TestLastLinesOf: a worker's lines reach the screen one by one, bounded, and
// without what a terminal acts on.
func TestLastLinesOf(t *testing.T) {
	t.Parallel()
	got := lastLinesOf(runpod.Worker{ID: "w1", Status: runpod.WorkerThrottled}, []runpod.LogLine{
		{Line: "\x1b[31mred\x1b[0m \u202eright to left\u009b2J"}, {Line: "two\r\nin one"}, {Line: strings.Repeat("x", 10*maxLogLine)},
	})
	lines := strings.Split(got, "\n  ")
	if len(lines) != 4 || lines[0] != "Last lines of worker w1 (THROTTLED):" || lines[1] != "red right to left" || lines[2] != "two in one" {
		t.Errorf("got %q", got)
	}
	if len(lines[3]) > maxLogLine || !strings.Contains(lines[3], "cut off") {
		t.Errorf("the long line has %d bytes", len(lines[3]))
	}
}
