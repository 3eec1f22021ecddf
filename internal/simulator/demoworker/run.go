package demoworker

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// attempts is the maximum number of attempts to send a result.
const attempts = 3

// run runs a job and reports its result, unless the job was stopped meanwhile.
func (w *Worker) run(stoppable, ctx context.Context, job Job) {
	w.Log(logLine(job.ID, "Started."))
	r := &reporter{worker: w, ctx: stoppable, job: job}
	output, err := w.Handler(stoppable, job, r)
	if stoppable.Err() != nil && err != nil {
		w.Log(logLine(job.ID, "Stopped."))
		return // like a handler of the SDK that was stopped
	}
	body := result(output, err, w.id)
	if err != nil {
		w.Log(logLine(job.ID, "Captured Handler Exception"))
		w.Log(err.Error())
	}
	if r.chunks > 0 && body["error"] == nil {
		body["output"] = []any{}
	}
	if body["stopPod"] == true {
		w.mu.Lock()
		w.refresh = true
		w.mu.Unlock()
	}
	if err := w.post(ctx, "RUNPOD_WEBHOOK_POST_OUTPUT", job.ID, r.chunks > 0, body); err != nil {
		w.Log(logLine(job.ID, "Failed to return job results. | "+err.Error()))
	}
	w.Log(logLine(job.ID, "Finished."))
}

// result returns the body that reports what a handler returned.
func result(output any, err error, workerID string) map[string]any {
	if err != nil {
		info, _ := json.Marshal(map[string]string{
			"error_type": fmt.Sprintf("<class '%T'>", err), "error_message": err.Error(),
			"error_traceback": "Traceback (most recent call last):\n" + err.Error(),
			"hostname":        "unknown", "worker_id": workerID, "runpod_version": "demo",
		})
		return map[string]any{"error": string(info)}
	}
	body := map[string]any{}
	object, ok := output.(map[string]any)
	if !ok {
		if output != nil {
			body["output"] = output
		}
		return body
	}
	rest := map[string]any{}
	for name, value := range object {
		switch name {
		case "error":
			body["error"] = value
		case "refresh_worker":
			body["stopPod"] = true
		default:
			rest[name] = value
		}
	}
	if len(rest) > 0 {
		body["output"] = rest
	}
	return body
}

// post sends a body about a job, with up to three attempts.
func (w *Worker) post(ctx context.Context, to, jobID string, isStream bool, body map[string]any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	url := w.url(to, jobID) + "&isStream=" + strconv.FormatBool(isStream)
	for n := range attempts {
		if n > 0 {
			sleep(ctx, retryPause)
		}
		var code int
		code, _, err = w.send(ctx, http.MethodPost, url, jobID, raw)
		if err == nil && code >= 300 {
			err = fmt.Errorf("HTTP %d", code)
		}
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return err
}

// reporter sends the chunks and progress of one job.
type reporter struct {
	worker *Worker
	ctx    context.Context //nolint:containedctx // the job's
	job    Job
	chunks int
}

func (r *reporter) Chunk(value any) error {
	r.chunks++
	return r.worker.post(r.ctx, "RUNPOD_WEBHOOK_POST_STREAM", r.job.ID, false, map[string]any{"output": value})
}

func (r *reporter) Progress(value any) error {
	return r.worker.post(r.ctx, "RUNPOD_WEBHOOK_POST_OUTPUT", r.job.ID, false, map[string]any{"status": "IN_PROGRESS", "output": value})
}

func logLine(jobID, message string) string {
	raw, _ := json.Marshal(map[string]string{"requestId": jobID, "message": message, "level": "INFO"})
	return string(raw)
}
