package demoworker

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// demoInput is the input of Demo.
type demoInput struct {
	Text   string   `json:"text"`
	Sleep  float64  `json:"sleep"`  // seconds before it does anything
	Raise  string   `json:"raise"`  // fail with this message
	Stream []string `json:"stream"` // chunks
}

// Demo is the handler of the demo: it returns the text in capitals.
func Demo(ctx context.Context, job Job, r Reporter) (any, error) {
	var in demoInput
	if err := json.Unmarshal(job.Input, &in); err != nil {
		return nil, err
	}
	if sleep(ctx, time.Duration(in.Sleep*float64(time.Second))); ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if in.Raise != "" {
		return nil, errors.New(in.Raise)
	}
	for _, chunk := range in.Stream {
		if err := r.Chunk(chunk); err != nil {
			return nil, err
		}
	}
	return map[string]any{"text": strings.ToUpper(in.Text)}, nil
}
