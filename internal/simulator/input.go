package simulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// input is the part of a job's input that controls its behavior. The mock_ members are
// those of the public mock worker; the sim_ members exist only here.
type input struct {
	Return   json.RawMessage `json:"mock_return"` // default "Hello World!"
	Delay    float64         `json:"mock_delay"`  // seconds
	Error    bool            `json:"mock_error"`  // the handler raises an exception
	Crash    bool            `json:"mock_crash"`  // the worker dies
	Refresh  bool            `json:"mock_refresh"`
	Progress struct {
		Updates  []json.RawMessage `json:"updates"`
		WaitTime float64           `json:"wait_time"` // seconds after each
	} `json:"mock_progress"`
	External struct {
		ErrorJobReturn bool `json:"error_job_return"` // the result never arrives
	} `json:"mock_external"`

	DelayMS      int64             `json:"sim_delay_ms"`          // run time, finer than mock_delay
	Output       json.RawMessage   `json:"sim_output"`            // output, verbatim
	OutputBytes  int               `json:"sim_output_bytes"`      // an output of that many bytes
	Base64Bytes  int               `json:"sim_base64_bytes"`      // an output of that many random bytes in base64, different for each input
	NoOutput     bool              `json:"sim_no_output"`         // COMPLETED without output
	Failure      json.RawMessage   `json:"sim_error"`             // FAILED with this error, any JSON
	Raise        string            `json:"sim_raise"`             // FAILED as when a handler raises ValueError
	YieldError   string            `json:"sim_yield_error"`       // FAILED as when a generator yields an error
	Partial      json.RawMessage   `json:"sim_output_on_failure"` // output in addition to the error
	EndState     string            `json:"sim_end_state"`         // this status instead of COMPLETED
	RunningState string            `json:"sim_running_state"`     // this status instead of IN_PROGRESS
	Redispatch   bool              `json:"sim_redispatch"`        // the platform dispatches the job twice
	FailTimes    int               `json:"sim_fail_times"`        // the first N runs fail, counting retries
	Stream       []json.RawMessage `json:"sim_stream"`            // chunks
	StreamDelay  int64             `json:"sim_stream_delay_ms"`   // before each chunk
	StreamError  string            `json:"sim_stream_error"`      // the generator raises after the chunks
	Metrics      json.RawMessage   `json:"sim_stream_metrics"`    // sent with each chunk
	Logs         []string          `json:"sim_logs"`              // lines for the worker's log

	digest [sha256.Size]byte // of the whole input
}

// plan is what a worker does with a job.
type plan struct {
	lost       bool // no worker ever sees the job
	redispatch bool // the first worker never reports
	crash      bool // the worker dies at the end
	state      string
	runs       time.Duration
	steps      []step
	logs       []string
	result
}

type step struct {
	at     time.Duration
	output json.RawMessage // progress
	chunk  json.RawMessage
}

type result struct {
	state   string
	output  json.RawMessage
	failure json.RawMessage
	chunks  []json.RawMessage
}

func jsonOf(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("simulator: %v", err))
	}
	return raw
}

// planOf parses a job's input. runsBefore is the number of the handler's earlier runs.
func planOf(raw json.RawMessage, runsBefore int) plan {
	switch string(bytes.Join(bytes.Fields(raw), nil)) {
	case "{}": // the platform drops an empty input, and the worker rejects the job
		return plan{lost: true}
	case "", "null":
		return plan{result: result{state: failed, failure: raised("KeyError", "'input'")}}
	}
	var in input
	if err := json.Unmarshal(raw, &in); err != nil {
		return plan{result: result{state: failed, failure: raised("TypeError", err.Error())}}
	}
	in.digest = sha256.Sum256(raw)
	p := plan{
		state: in.RunningState, redispatch: in.Redispatch,
		crash: in.Crash || in.External.ErrorJobReturn,
		logs:  in.Logs,
		runs:  time.Duration(in.Delay*float64(time.Second)) + time.Duration(in.DelayMS)*time.Millisecond,
	}
	for _, update := range in.Progress.Updates {
		p.steps = append(p.steps, step{at: p.runs, output: update})
		p.runs += time.Duration(in.Progress.WaitTime * float64(time.Second))
	}
	for _, chunk := range in.Stream {
		p.runs += time.Duration(in.StreamDelay) * time.Millisecond
		if in.StreamDelay == 0 {
			p.chunks = append(p.chunks, chunk)
		} else {
			p.steps = append(p.steps, step{at: p.runs, chunk: chunk})
		}
	}
	if len(p.steps) > 0 {
		p.runs += time.Millisecond // the last chunk is visible before the job ends
	}
	chunks := p.chunks
	p.result = in.result(runsBefore)
	p.chunks = chunks
	return p
}

// result returns the result of the job.
func (in *input) result(runsBefore int) result {
	switch {
	case in.Error:
		return result{state: failed, failure: raised("Exception", "Mock error")}
	case runsBefore < in.FailTimes:
		return result{state: failed, failure: raised("RuntimeError", fmt.Sprintf("run %d fails", runsBefore+1))}
	case in.Raise != "":
		return result{state: failed, failure: raised("ValueError", in.Raise)}
	case in.Failure != nil:
		return result{state: failed, failure: in.Failure, output: in.Partial}
	case in.YieldError != "":
		return result{state: failed, failure: jsonOf("{'message': '" + in.YieldError + "', 'type': 'worker_error', 'code': None}")}
	case in.StreamError != "":
		return result{state: failed, failure: jsonOf("handler: " + in.StreamError + " \ntraceback: Traceback (most recent call last):\n  File \"handler.py\", line 9, in handler\n")}
	}
	r := returned(in.output())
	if in.EndState != "" && r.state == completed {
		r.state = in.EndState
	}
	return r
}

// returned returns the result for a handler's return value, as the worker SDK handles
// it: an object with an error fails the job and the rest is its output, and an empty
// object is dropped.
func returned(value json.RawMessage) result {
	var object map[string]json.RawMessage
	if json.Unmarshal(value, &object) != nil || object == nil {
		return result{state: completed, output: value}
	}
	r := result{state: completed, output: value}
	if failure, ok := object["error"]; ok {
		delete(object, "error")
		r = result{state: failed, failure: failure, output: jsonOf(object)}
	}
	if len(object) == 0 {
		r.output = nil
	}
	return r
}

func (in *input) output() json.RawMessage {
	switch {
	case in.NoOutput:
		return nil
	case in.OutputBytes > 0:
		return jsonOf(strings.Repeat("x", max(0, in.OutputBytes-2)))
	case in.Base64Bytes > 0:
		noise := make([]byte, in.Base64Bytes)
		_, _ = rand.NewChaCha8(in.digest).Read(noise) // it never returns an error
		return jsonOf(noise)
	case in.Output != nil:
		return in.Output
	case len(in.Stream) > 0:
		return jsonOf(in.Stream)
	}
	value := in.Return
	if value == nil {
		value = jsonOf("Hello World!")
	}
	if in.Refresh {
		return jsonOf(map[string]json.RawMessage{"mock_return": value})
	}
	return value
}

// raised returns the error of a handler that raised an exception: a string that
// contains JSON.
func raised(kind, message string) json.RawMessage {
	inner := jsonOf(map[string]string{
		"error_type":    "<class '" + kind + "'>",
		"error_message": message,
		"error_traceback": "Traceback (most recent call last):\n  File \"/src/rp_job.py\", line 257, in run_job\n    handler_return = handler(job)\n" +
			"  File \"/handler.py\", line 5, in handler\n" + kind + ": " + message + "\n",
		"hostname": "simulator", "worker_id": "simulator", "runpod_version": "1.12.0",
	})
	return jsonOf(string(inner))
}
