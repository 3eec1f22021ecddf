//go:build !race

package runpod

import (
	"strings"
	"testing"
)

// TestLargeReply_allocations: no reply makes the client allocate many times
// its size. It does not run beside other tests, whose allocations would count, nor
// with the race detector: nothing in it runs at the same time, and it takes a
// hundred times as long.
func TestLargeReply_allocations(t *testing.T) { //nolint:paralleltest // it measures the process
	const size = 1 << 20
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for name, body := range map[string]string{
		"members":    `{` + fill(`"a":0,`) + `"id":"J","status":"COMPLETED"}`,
		"elements":   `[` + fill(`1,`) + `1]`,
		"objects":    `{"requests":[` + fill(`{},`) + `{}],"stream":[` + fill(`{},`) + `{}],"status":"X"}`,
		"deep":       `{"status":"COMPLETED","output":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `,"x":"` + fill("x") + `"}`,
		"NaN":        `{"status":"COMPLETED","output":[` + fill(`NaN,`) + `NaN]}`,
		"an error":   `{"status":"FAILED","error":"{'` + fill(`a': 'b', '`) + `'}"}`,
		"escapes":    `{"status":"FAILED","error":"` + fill(`\u001b[31m`) + `","workerId":"` + fill(`\"`) + `"}`,
		"an id":      `{"id":"` + fill("i") + `","status":"` + fill("s") + `"}`,
		"not JSON":   fill("<"),
		"large keys": `{"` + fill("k") + `":1,"output":{"` + fill("k") + `":NaN},"status":"COMPLETED"}`,
	} {
		for op, decode := range decoders {
			before := allocated()
			_ = decode([]byte(body), &fields{})
			if grown := allocated() - before; grown > maxAllocated(len(body)) {
				t.Errorf("%s, %s: %d bytes are allocated for %d", name, op, grown, len(body))
			}
		}
	}
}
