package batchrun

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// passes is how often all pages are read before requests that are not listed are given
// up: pages may shift while they are read.
const passes = 3

// maxFailures is how many failed requests [Results] describes.
const maxFailures = 3

// Result is the result of one request, as it is written to one line of JSON.
type Result struct {
	Index       *int            `json:"index"` // among the inputs, from 0; null where the order is not known
	ID          string          `json:"id"`
	Status      runpod.Status   `json:"status"`
	Output      json.RawMessage `json:"output"`
	Error       *ResultError    `json:"error"`
	StartedAt   *string         `json:"started_at"`
	CompletedAt *string         `json:"completed_at"`
}

// ResultError is the error of a failed request.
type ResultError struct {
	Type      *string `json:"type"`
	Message   string  `json:"message"`
	Traceback *string `json:"traceback"`
	Raw       string  `json:"raw"`
}

// Results are the results of all requests. They are in a temporary file until Close.
type Results struct {
	Completed, Failed, Other int64 // Other: cancelled
	InOrder                  bool  // of the inputs
	Bytes                    int64 // of all lines
	Failures                 []Result
	// Defects are the first requests with an output that cannot be read and is null
	// therefore. Defective counts all of them.
	Defects   []Defect
	Defective int64

	spool *os.File
	spans []span
}

// Defect is a request with an output that cannot be read.
type Defect struct {
	Request Result
	What    string // why not
}

// span is where a line is in the spool.
type span struct {
	rank   int
	offset int64
	length int64
}

// incompleteError says that the API does not list all requests of a batch.
type incompleteError struct{ Got, Want int64 }

// Error implements error.
func (e *incompleteError) Error() string {
	return fmt.Sprintf("the API lists %d of %d requests", e.Got, e.Want)
}

// Collect reads the results of a batch's total requests. ids are the known ids of the
// requests, in the order of the inputs. The memory that it needs does not grow with
// the outputs: they are written to a file in dir, by default the folder for temporary
// files.
func (r *Runner) Collect(ctx context.Context, endpointID, batchID string, total int64, ids []string, dir string) (*Results, error) {
	spool, err := os.CreateTemp(dir, ".runpod-batch-*")
	if err != nil {
		return nil, err
	}
	// Where the system allows it, the file has no name from now on, so that nothing is
	// left of it if the process is killed.
	_ = os.Remove(spool.Name())
	results := &Results{spool: spool, InOrder: total > 0 && int64(len(ids)) == total}
	if err := results.collect(ctx, &pager{api: r.api, endpointID: endpointID, batchID: batchID}, total, ids); err != nil {
		results.Close()
		return nil, err
	}
	return results, nil
}

func (r *Results) collect(ctx context.Context, p *pager, total int64, ids []string) error {
	ranks := make(map[string]int, len(ids))
	for i, id := range ids {
		ranks[id] = i
	}
	spool := bufio.NewWriter(r.spool)
	seen := make(map[string]bool, min(total, runpod.MaxBatchRequests))
	var line bytes.Buffer
	for pass := 1; ; pass++ {
		err := p.each(ctx, func(request runpod.BatchRequest) error {
			if seen[request.ID] {
				return nil
			}
			seen[request.ID] = true
			rank, ok := ranks[request.ID]
			if !ok {
				rank, r.InOrder = len(ids)+len(r.spans), false
			}
			line.Reset()
			result := resultOf(request)
			if ok && int64(len(ids)) == total {
				result.Index = &rank
			}
			r.count(result)
			r.countDefect(result, request.OutputDefect)
			lines := json.NewEncoder(&line)
			lines.SetEscapeHTML(false)
			if err := lines.Encode(result); err != nil {
				return err
			}
			r.spans = append(r.spans, span{rank, r.Bytes, int64(line.Len())})
			r.Bytes += int64(line.Len())
			_, err := spool.Write(line.Bytes())
			return err
		})
		switch {
		case err != nil:
			return err
		case int64(len(seen)) >= total:
			slices.SortFunc(r.spans, func(a, b span) int { return a.rank - b.rank })
			return spool.Flush()
		case pass == passes:
			return &incompleteError{int64(len(seen)), total}
		}
	}
}

func (r *Results) countDefect(request Result, what string) {
	if what == "" {
		return
	}
	if r.Defective++; len(r.Defects) < maxFailures {
		r.Defects = append(r.Defects, Defect{request, what})
	}
}

func resultOf(request runpod.BatchRequest) Result {
	result := Result{
		ID: request.ID, Status: request.Status, Output: request.Output,
		StartedAt: textOrNil(request.StartedAt), CompletedAt: textOrNil(request.CompletedAt),
	}
	if e := request.Error; e != nil {
		result.Error = &ResultError{Type: textOrNil(e.Type), Message: e.Message, Traceback: textOrNil(e.Traceback), Raw: e.Raw}
	}
	return result
}

func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (r *Results) count(result Result) {
	switch result.Status {
	case runpod.StatusCompleted:
		r.Completed++
	case runpod.StatusFailed, runpod.StatusTimedOut:
		r.Failed++
		if len(r.Failures) < maxFailures {
			result.Output = nil
			r.Failures = append(r.Failures, result)
		}
	default:
		r.Other++
	}
}

// WriteTo writes the lines, in the order of the inputs if it is known, else in the
// API's order.
func (r *Results) WriteTo(w io.Writer) (int64, error) {
	var written int64
	buffer := make([]byte, 32<<10)
	for _, s := range r.spans {
		n, err := io.CopyBuffer(w, io.NewSectionReader(r.spool, s.offset, s.length), buffer)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// Close removes what Collect wrote.
func (r *Results) Close() {
	_ = r.spool.Close()
	_ = os.Remove(r.spool.Name())
}
