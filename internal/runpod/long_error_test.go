//go:build !race

package runpod_test

import (
	"strings"
	"testing"
)

// TestLongErrors: long errors are cut. It is skipped with the race detector, which has
// nothing to check here and would take minutes.
func TestLongErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("payload ", 250_000)
	for name, body := range map[string]string{
		"a plain text":    `"` + long + `"`,
		"raised":          `"{\"error_type\": \"` + long + `\", \"error_message\": \"` + long + `\", \"error_traceback\": \"` + long + `the end\"}"`,
		"of a generator":  `"handler: ` + long + ` \ntraceback: ` + long + `the end"`,
		"an object":       `{"message":"` + long + `","type":"X","traceback":"` + long + `the end"}`,
		"other JSON":      `["` + long + `"]`,
		"a repr":          `"{'message': '` + long + `', 'type': 'x'}"`,
		"escapes":         `"` + strings.Repeat(`\u001b[31m\u202e\u0007`, 100_000) + `"`,
		"nothing to show": `"\u0000\u0007"`,
	} {
		client, _ := oneReply(t, `{"id":"J","status":"FAILED","workerId":"`+long+`","error":`+body+`}`)
		job, err := client.Status(t.Context(), "ep", "J")
		if err != nil || job.Error == nil {
			t.Fatalf("%s: %v", name, err)
		}
		e := job.Error
		if e.Message == "" || len(e.Message) > 4<<10 || len(e.Type) > 256 || len(e.Traceback) > 16<<10 || len(e.Raw) > 16<<10 || len(job.WorkerID) > 256 {
			t.Errorf("%s: %d, %d, %d, %d, %d bytes", name, len(e.Message), len(e.Type), len(e.Traceback), len(e.Raw), len(job.WorkerID))
		}
		if strings.Contains(body, "the end") && (!strings.HasSuffix(e.Traceback, "the end") || !strings.Contains(e.Traceback, "bytes cut off]")) {
			t.Errorf("%s: the end of the traceback is missing: %q", name, e.Traceback[:100])
		}
		if strings.Contains(body, "payload") && !strings.HasSuffix(e.Message, "bytes cut off]") {
			t.Errorf("%s: the message ends as %q", name, e.Message[len(e.Message)-50:])
		}
		if strings.ContainsAny(e.Message+e.Raw, "\x1b\x07\u202e\x00") {
			t.Errorf("%s: control characters in %q", name, e.Message)
		}
	}
}
