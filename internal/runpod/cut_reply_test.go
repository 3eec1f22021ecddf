package runpod_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// cutReplies are the replies to a submission by what of them arrives, and whether
// the job's id is among it.
var cutReplies = map[string]bool{
	`{"id":"job-1","status":"IN_QUEUE"}`:                     true,
	`{"id":"job-1","status":"IN_QUEUE"} `:                    true,
	"\uFEFF" + `{"id":"job-1","status":"IN_QUEUE"}`:          true,
	`{"id":"job-1","status":"IN_QU`:                          true,
	`{"id":"job-1"`:                                          true,
	`{"delayTime":1,"output":{"id":"other"},"id":"job-1","o`: true,
	`{"output":{"id":"other"},"i`:                            false,
	`{"output":{"id":"job-1"`:                                false,
	`{"id":"job-1`:                                           false,
	`{"id":1`:                                                false,
	`{"id":"job-1","status":{"a`:                             true,
	`{"id":null,"status":"IN_QUEUE"`:                         false,
	`["job-1"`:                                               false,
	`"id":"job-1"`:                                           false,
	``:                                                       false,
}

// TestCutReply: a job whose id has arrived is known, whether the connection ends after
// it, nothing follows until the request timeout, or a gateway presents the part as the
// whole. It is submitted once.
func TestCutReply(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"closed", "held", "confirmed"} {
		for text, known := range cutReplies {
			t.Run(text+" "+end, func(t *testing.T) {
				t.Parallel()
				requests := make(chan struct{}, 100)
				release := make(chan struct{})
				defer close(release)
				address := simtest.Raw(t, func(_ *http.Request, conn io.Writer) {
					requests <- struct{}{}
					length := 1000
					if end == "confirmed" {
						length = len(text)
					}
					_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", length, text)
					if end == "held" {
						<-release
					}
				})
				client, err := runpod.New(runpod.Options{APIKey: "rpa_x", BaseURL: "http://" + address, RequestTimeout: 300 * time.Millisecond})
				if err != nil {
					t.Fatal(err)
				}
				job, err := client.Run(t.Context(), "ep", aRequest)
				if known && (err != nil || job.ID != "job-1" || job.Status != runpod.StatusInQueue) {
					t.Errorf("%+v, %v", job, err)
				}
				if !known && (!runpod.OutcomeUnknown(err) || job.ID != "") {
					t.Errorf("%+v, unknown outcome %v: %v", job, runpod.OutcomeUnknown(err), err)
				}
				if n := len(requests); n != 1 {
					t.Errorf("%d requests", n)
				}
			})
		}
	}
}

// TestStatus_unnamed: a status without a name leaves no extra space in the message.
func TestStatus_unnamed(t *testing.T) {
	t.Parallel()
	err := error(&runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 520, Message: "(the body is empty)", Err: errors.New("x")})
	if text := err.Error(); !strings.Contains(text, "HTTP 520: (the body is empty)") {
		t.Error(text)
	}
}
