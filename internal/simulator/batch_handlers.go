package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	maxAppendBody    = 10 << 20
	defaultBatchPage = 50
	maxBatchPage     = 200
)

// batchRoute parses the path after /v2/{endpoint}/batch.
func batchRoute(method string, rest []string) (op, batchID string) {
	if len(rest) > 0 {
		batchID = rest[0]
	}
	switch {
	case len(rest) == 0 && method == http.MethodPost:
		op = "batch-create"
	case len(rest) == 0 && method == http.MethodGet:
		op = "batch-list"
	case len(rest) == 1 && method == http.MethodGet:
		op = "batch-get"
	case len(rest) == 1 && method == http.MethodPut:
		op = "batch-update"
	case len(rest) == 2 && method == http.MethodPost:
		op = map[string]string{"requests": "batch-append", "finalize": "batch-finalize", "cancel": "batch-cancel"}[rest[1]]
	case len(rest) == 2 && rest[1] == "requests" && method == http.MethodGet:
		op = "batch-requests"
	case len(rest) == 3 && rest[1] == "requests" && method == http.MethodDelete:
		op = "batch-remove"
	}
	if op == "" {
		return "", ""
	}
	return op, batchID
}

// batch serves the Batch API.
func (s *Server) batch(x *exchange) {
	switch x.Op {
	case "batch-create":
		s.createBatch(x)
		return
	case "batch-list":
		s.listBatches(x)
		return
	}
	known := false
	var answer func()
	s.withBatch(x.Endpoint, x.JobID, func(e *endpoint, b *batch) {
		known = true
		answer = s.onBatch(x, e, b)
	})
	if !known {
		x.problem(http.StatusNotFound, "batch not found")
		return
	}
	answer()
}

// onBatch executes an operation on one batch and returns a function that sends the
// response, to be called without the lock.
func (s *Server) onBatch(x *exchange, e *endpoint, b *batch) (answer func()) {
	choices := &s.options.Choices
	refuse := func(why string) func() {
		return func() { x.problem(choices.BatchWrongState, why) }
	}
	switch x.Op {
	case "batch-get":
		view := b.view(e.id)
		return func() { x.json(http.StatusOK, view) }
	case "batch-requests":
		page, err := pageOf(x.r, b.list(choices.BatchOrder), "requests", (*job).requestView)
		if err != nil {
			return func() { x.problem(http.StatusBadRequest, err.Error()) }
		}
		return func() { x.json(http.StatusOK, page) }
	case "batch-append":
		return s.appendToBatch(x, b, refuse)
	case "batch-remove":
		request := x.Path[strings.LastIndex(x.Path, "/")+1:]
		at := slices.IndexFunc(b.requests, func(j *job) bool { return j.id == request })
		switch {
		case b.state != draft:
			return refuse("the batch is not a draft")
		case at < 0:
			return func() { x.problem(http.StatusNotFound, "request not found") }
		}
		b.requests = slices.Delete(b.requests, at, at+1)
	case "batch-update":
		var attributes struct {
			Name *string `json:"name"`
		}
		if err := json.Unmarshal(x.Body, &attributes); err != nil {
			return func() { x.problem(http.StatusBadRequest, "bad request: body: "+err.Error()) }
		}
		if attributes.Name != nil {
			b.name = *attributes.Name
		}
	case "batch-finalize":
		switch {
		case b.state != draft:
			return refuse("the batch is not a draft")
		case e.waiting+len(b.requests) > maxBatchQueued:
			return func() { x.problem(choices.BatchLimitStatus, "too many queued requests") }
		}
		e.finalize(b)
	case "batch-cancel":
		if _, _, _, live := b.counts(); b.state == cancelled || b.state == finalized && live == 0 {
			return refuse("the batch has ended")
		}
		e.cancelBatch(b)
	}
	x.Accepted = true
	return s.undocumented(x, b.view(e.id))
}

// undocumented sends the response of an operation for which the documentation specifies
// none.
func (s *Server) undocumented(x *exchange, usual any) func() {
	switch s.options.Choices.BatchReply {
	case BatchReplyEmpty:
		return func() { x.text(http.StatusNoContent, "", "") }
	case BatchReplyText:
		return func() { x.text(http.StatusOK, "text/plain", "OK") }
	}
	return func() { x.json(http.StatusOK, usual) }
}

func (s *Server) appendToBatch(x *exchange, b *batch, refuse func(string) func()) func() {
	if len(x.Body) > maxAppendBody {
		return func() { x.problem(http.StatusBadRequest, "bad request: body: exceeded max body size of 10MiB") }
	}
	var body struct {
		Requests []submission `json:"requests"`
	}
	err := json.Unmarshal(x.Body, &body)
	if err == nil {
		err = checkRequests(body.Requests, len(b.requests))
	}
	switch {
	case err != nil:
		return func() { x.problem(http.StatusBadRequest, "bad request: body: "+err.Error()) }
	case b.state != draft:
		return refuse("requests can be added to a draft only")
	}
	ids := b.addRequests(body.Requests)
	x.Accepted = true
	if s.options.Choices.BatchReply == BatchReplyIDs {
		added := make([]map[string]string, len(ids))
		for i, id := range ids {
			added[i] = map[string]string{"id": id, "status": inQueue}
		}
		return func() { x.json(http.StatusOK, map[string]any{"requests": added}) }
	}
	return s.undocumented(x, b.view(x.Endpoint))
}

// checkRequests returns an error if an input is not an object, or if there are too
// many.
func checkRequests(subs []submission, already int) error {
	if already+len(subs) > maxBatchRequests {
		return fmt.Errorf("a batch has at most %d requests", maxBatchRequests)
	}
	for i, sub := range subs {
		if input := bytes.TrimSpace(sub.Input); len(input) == 0 || input[0] != '{' {
			return fmt.Errorf("request %d: input must be an object", i)
		}
	}
	return nil
}

func (s *Server) createBatch(x *exchange) {
	var subs []submission
	err := json.Unmarshal(x.Body, &subs) // an array, unlike the body of append
	if err == nil && len(x.Body) > maxAppendBody {
		err = errors.New("exceeded max body size of 10MiB")
	}
	if err == nil {
		err = checkRequests(subs, 0)
	}
	if err != nil {
		x.problem(http.StatusBadRequest, "bad request: body: "+err.Error())
		return
	}
	e := x.endpoint
	e.mu.Lock()
	active := 0
	for _, b := range e.batches {
		if b.active() {
			active++
		}
	}
	if active >= maxActiveBatches {
		e.mu.Unlock()
		x.problem(s.options.Choices.BatchLimitStatus, fmt.Sprintf("an endpoint has at most %d active batches", maxActiveBatches))
		return
	}
	b := &batch{id: batchID("batch_"), state: draft, createdAt: s.clock.now()}
	b.addRequests(subs)
	e.batches = append(e.batches, b)
	e.mu.Unlock()
	x.Accepted, x.JobID = true, b.id
	x.json(http.StatusOK, map[string]string{"id": b.id, "status": draft})
}

func (s *Server) listBatches(x *exchange) {
	e := x.endpoint
	e.mu.Lock()
	newest := slices.Clone(e.batches)
	slices.Reverse(newest)
	view := func(b *batch) map[string]any { return b.view(e.id) }
	page, err := pageOf(x.r, newest, "batches", view)
	all := make([]map[string]any, 0, len(newest))
	for _, b := range newest {
		all = append(all, view(b))
	}
	e.mu.Unlock()
	switch {
	case err != nil:
		x.problem(http.StatusBadRequest, err.Error())
	case s.options.Choices.BatchListArray:
		x.json(http.StatusOK, all)
	default:
		x.json(http.StatusOK, page)
	}
}

// pageOf returns the page of a list that ?offset and ?limit select.
func pageOf[T any](r *http.Request, all []T, name string, view func(T) map[string]any) (map[string]any, error) {
	offset, limit := 0, defaultBatchPage
	for key, into := range map[string]*int{"offset": &offset, "limit": &limit} {
		if text := r.URL.Query().Get(key); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 {
				return nil, errors.New(key + " is invalid")
			}
			*into = n
		}
	}
	limit = min(max(limit, 1), maxBatchPage)
	start := min(offset, len(all))
	part := all[start:min(start+limit, len(all))]
	views := make([]map[string]any, 0, len(part))
	for _, one := range part {
		views = append(views, view(one))
	}
	return map[string]any{name: views, "total": len(all), "offset": offset, "limit": limit, "hasMore": start+len(part) < len(all)}, nil
}
