package runpod_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// packed returns a text in a compression.
func packed(t *testing.T, text, how string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	default:
		bare, err := flate.NewWriter(&b, flate.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		w = bare
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestUnrequestedCompression: an unrequested compression of a reply does not lose a
// job. A reply that cannot be decompressed is an unknown outcome, and nothing is sent
// twice.
func TestUnrequestedCompression(t *testing.T) {
	t.Parallel()
	const reply = `{"id":"job-1","status":"IN_QUEUE"}`
	// A text in several parts: what is packed once unpacks to 40 MiB.
	bomb := slices.Concat(packed(t, `{"x":"`, "gzip"), bytes.Repeat(packed(t, strings.Repeat("x", 1<<20), "gzip"), 40), packed(t, `","id":"job-1"}`, "gzip"))
	for name, tc := range map[string]struct {
		encoding string
		body     []byte
		says     string // "" where the id is known
	}{
		"gzip":             {"gzip", packed(t, reply, "gzip"), ""},
		"x-gzip":           {"x-gzip", packed(t, reply, "gzip"), ""},
		"capitals":         {"X-GZIP ", packed(t, reply, "gzip"), ""},
		"deflate":          {"deflate", packed(t, reply, "zlib"), ""},
		"a bare deflate":   {"deflate", packed(t, reply, "flate"), ""},
		"identity":         {"identity", []byte(reply), ""},
		"brotli":           {"br", []byte("\x0b\x10\x80abc"), "did not ask for: br"},
		"a lie":            {"x-gzip", []byte(reply), ""},
		"another lie":      {"deflate", []byte(reply), ""},
		"neither":          {"x-gzip", []byte("<html><body>no</body></html>"), "gzip: invalid header"},
		"nothing at all":   {"deflate", nil, ""},
		"another's name":   {"br", []byte(reply), ""},
		"a bomb, 100 to 1": {"x-gzip", bomb, "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requests := make(chan struct{}, 100)
			address := simtest.Raw(t, func(_ *http.Request, conn io.Writer) {
				requests <- struct{}{}
				_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", tc.encoding, len(tc.body), tc.body)
			})
			client, err := runpod.New(runpod.Options{APIKey: "rpa_x", BaseURL: "http://" + address, RequestTimeout: 30 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			job, err := client.Run(t.Context(), "ep", aRequest)
			known := tc.says == "" && tc.body != nil
			switch {
			case known && (err != nil || job.ID != "job-1"):
				t.Errorf("%+v, %v", job, err)
			case !known && (!runpod.OutcomeUnknown(err) || !strings.Contains(err.Error(), tc.says)):
				t.Errorf("%+v, %v", job, err)
			}
			if n := len(requests); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestCutReply_batch: a draft whose id has arrived is not made a second time.
func TestCutReply_batch(t *testing.T) {
	t.Parallel()
	for text, id := range map[string]string{
		`{"id":"b-1","status":"DRAFT"`: "b-1", `{"id":"b-1","createdAt":17`: "b-1", `{"requestTotal":1,"id":"b-1"`: "b-1", `{"id":7,"sta`: "7",
		`{"id":"b-`: "", `{"id":7`: "", `{"requests":[{"id":"r"`: "",
	} {
		address := simtest.Raw(t, func(_ *http.Request, conn io.Writer) {
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n%s", text)
		})
		client, err := runpod.New(runpod.Options{APIKey: "rpa_x", BaseURL: "http://" + address, RequestTimeout: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		b, err := client.CreateBatch(t.Context(), "ep", &runpod.BatchChunk{})
		if b.ID != id || (err == nil) != (id != "") || err != nil && !runpod.OutcomeUnknown(err) {
			t.Errorf("%s: %+v, %v", text, b, err)
		}
	}
}
