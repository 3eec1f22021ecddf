package runpod

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// wireBatch is a batch as the API writes it, with or without each of these.
type wireBatch struct {
	ID         string          `json:"id"`
	Status     json.RawMessage `json:"status"`
	Total      *json.Number    `json:"requestTotal"`
	InProgress *json.Number    `json:"requestInProgress"`
	Completed  *json.Number    `json:"requestCompleted"`
	Failed     *json.Number    `json:"requestFailed"`
	CreatedAt  json.RawMessage `json:"createdAt"`
}

// decodeBatch reads a batch. knownID fills in an id that the reply lacks; with
// "" a reply without an id is refused.
func decodeBatch(body []byte, knownID string) (Batch, error) {
	if err := refusalIn(body); err != nil {
		return Batch{}, err
	}
	var w wireBatch
	if err := json.Unmarshal(body, &w); err != nil {
		return Batch{}, fmt.Errorf("it is not a batch: %w", err)
	}
	id := orDefault(w.ID, knownID)
	status := textOf(w.Status)
	switch {
	case id == "":
		return Batch{}, errors.New("it has no batch id")
	case CheckID(id) != nil:
		return Batch{}, errors.New("its batch id has characters that an id cannot have")
	case status == "" && knownID != "":
		return Batch{}, errors.New("it has no batch status")
	}
	return Batch{
		ID: id, Status: BatchStatus(orDefault(status, string(BatchDraft))), CreatedAt: timeOf(w.CreatedAt),
		Total: millis(w.Total), InProgress: millis(w.InProgress), Completed: millis(w.Completed), Failed: millis(w.Failed),
	}, nil
}

// timeOf reads a time in milliseconds or in ISO 8601: the API mixes the two.
func timeOf(raw json.RawMessage) time.Time {
	text := textOf(raw)
	if ms, err := strconv.ParseFloat(text, 64); err == nil {
		return time.UnixMilli(int64(ms))
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at
	}
	return time.Time{}
}

// refusalIn finds the error in a reply of HTTP 2xx whose form is not known
// otherwise: a problem document, or an error and nothing else that tells of
// success. Everything else, an empty body and a text included, is no refusal.
func refusalIn(body []byte) error {
	var reply struct {
		ID       string          `json:"id"`
		Status   json.RawMessage `json:"status"`
		Error    json.RawMessage `json:"error"`
		Requests json.RawMessage `json:"requests"`
	}
	isObject := json.Unmarshal(body, &reply) == nil
	code, _ := strconv.Atoi(string(reply.Status)) // 0 for a state
	silent := reply.ID == "" && reply.Status == nil && reply.Requests == nil
	if isObject && (code >= http.StatusBadRequest || silent && textOf(reply.Error) != "") {
		return &refusal{messageOf(body)}
	}
	return nil
}

// listIn finds the items of a reply that is a list: the member of the given
// name, or of a usual one, or the reply itself. That there are more may turn
// out to be wrong where the reply does not say: the next part then has nothing new.
func listIn(body []byte, name string, offset, limit int) (items []json.RawMessage, more bool, total int64, err error) {
	if err := refusalIn(body); err != nil {
		return nil, false, 0, err
	}
	if json.Unmarshal(body, &items) == nil {
		return items, len(items) > 0 && len(items) == limit, 0, nil
	}
	var reply map[string]json.RawMessage
	if err := json.Unmarshal(body, &reply); err != nil {
		return nil, false, 0, fmt.Errorf("it is not a list: %w", err)
	}
	list, ok := reply[name]
	for _, other := range []string{"items", "data"} {
		if !ok {
			list, ok = reply[other]
		}
	}
	if !ok {
		return nil, false, 0, fmt.Errorf("it has no %s", name)
	}
	if err := json.Unmarshal(list, &items); err != nil {
		return nil, false, 0, fmt.Errorf("its %s are not a list: %w", name, err)
	}
	_ = json.Unmarshal(reply["total"], &total) // it may be missing
	if json.Unmarshal(reply["hasMore"], &more) != nil || reply["hasMore"] == nil {
		more = int64(offset+len(items)) < total || total == 0 && len(items) >= limit
	}
	return items, more && len(items) > 0, total, nil
}

// wireRequest is a request of a batch on the wire.
type wireRequest struct {
	ID          string          `json:"id"`
	Status      string          `json:"status"`
	Output      json.RawMessage `json:"output"`
	Error       json.RawMessage `json:"error"`
	StartedAt   json.RawMessage `json:"startedAt"`
	CompletedAt json.RawMessage `json:"completedAt"`
}

// decodeBatchPage reads a page of requests: in one go when it has the
// documented form, since it may be large, and else as any list.
func decodeBatchPage(body []byte, offset, limit int) (BatchPage, error) {
	var documented struct {
		Requests []wireRequest `json:"requests"`
		Total    *int64        `json:"total"`
		HasMore  *bool         `json:"hasMore"`
	}
	page := BatchPage{Bytes: len(body)}
	var requests []wireRequest
	if json.Unmarshal(body, &documented) == nil && documented.Requests != nil && documented.Total != nil && documented.HasMore != nil {
		requests, page.Total, page.HasMore = documented.Requests, *documented.Total, *documented.HasMore && len(documented.Requests) > 0
	} else {
		items, more, total, err := listIn(body, "requests", offset, limit)
		if err != nil {
			return BatchPage{}, err
		}
		page.Total, page.HasMore = total, more
		requests = make([]wireRequest, len(items))
		for i, item := range items {
			if err := json.Unmarshal(item, &requests[i]); err != nil {
				return BatchPage{}, fmt.Errorf("it has something that is not a request: %w", err)
			}
		}
	}
	page.Requests = make([]BatchRequest, 0, len(requests))
	for _, w := range requests {
		if w.ID == "" {
			return BatchPage{}, errors.New("it has a request without an id")
		}
		request := BatchRequest{ID: w.ID, Status: Status(w.Status), Error: parseJobError(w.Error), StartedAt: textOf(w.StartedAt), CompletedAt: textOf(w.CompletedAt)}
		if len(w.Output) > 0 && string(w.Output) != "null" {
			request.Output = w.Output
		}
		page.Requests = append(page.Requests, request)
	}
	return page, nil
}

// idsIn finds the ids of want new requests in a reply of unknown form; nil when
// they are not there.
func idsIn(body []byte, want int) []string {
	items, _, _, err := listIn(body, "requests", 0, want)
	if err != nil || len(items) != want {
		return nil
	}
	ids := make([]string, want)
	for i, item := range items {
		var request struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(item, &ids[i]) == nil {
			continue // the bare id
		}
		if json.Unmarshal(item, &request) != nil || request.ID == "" {
			return nil
		}
		ids[i] = request.ID
	}
	return ids
}
