package runpod

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// decodeBatch reads a batch. knownID fills in an id that the reply lacks; with
// "" a reply without an id is refused.
func decodeBatch(body []byte, knownID string, f *fields) (Batch, error) {
	reply, err := parseReply(body)
	if err != nil {
		return Batch{}, err
	}
	return batchOf(reply, knownID, f)
}

func batchOf(reply value, knownID string, f *fields) (Batch, error) {
	if !reply.isObject() {
		return Batch{}, reply.notA("a batch")
	}
	if err := refusalOf(reply); err != nil {
		return Batch{}, err
	}
	m := reply.members("id", "status", "requestTotal", "requestInProgress", "requestCompleted", "requestFailed", "createdAt")
	id := orDefault(m[0].id(), knownID)
	status, ok := m[1].text()
	switch {
	case id == "":
		return Batch{}, errors.New("it has no batch id")
	case status == "" && knownID != "":
		return Batch{}, errors.New("it has no batch status")
	}
	f.odd("id", m[0], m[0].id() != "")
	f.odd("status", m[1], ok)
	return Batch{
		ID: id, Status: BatchStatus(printableName(orDefault(status, string(BatchDraft)))), CreatedAt: f.timestamp("createdAt", m[6]),
		Total: f.number("requestTotal", m[2]), InProgress: f.number("requestInProgress", m[3]),
		Completed: f.number("requestCompleted", m[4]), Failed: f.number("requestFailed", m[5]),
	}, nil
}

// refusalIn returns the error in an HTTP 2xx reply of undocumented form. A body that
// is not JSON, such as an empty one or plain text, is not an error.
func refusalIn(body []byte) error {
	reply, err := parseReply(body)
	if err != nil {
		return nil //nolint:nilerr // any HTTP 2xx counts
	}
	return refusalOf(reply)
}

// refusalOf returns the error in a reply: a problem document, or an error without any
// sign of success.
func refusalOf(reply value) error {
	m := reply.members("id", "status", "error", "requests")
	if m[0].id() != "" {
		return nil // it describes something that exists, whatever else it says
	}
	code, _ := strconv.Atoi(string(m[1].json)) // 0 for a state
	silent := m[0].missing() && m[1].missing() && m[3].missing()
	if code >= http.StatusBadRequest || silent && parseJobError(m[2]) != nil {
		return &refusal{messageOf(reply.sent)}
	}
	return nil
}

// list is a reply that lists something.
type list struct {
	items value // an array
	count int
	more  bool
	total int64 // 0 when the reply does not say
}

// listIn finds the items of a reply that is a list: the member of the given name, or
// of a usual one, or the reply itself. If the reply does not say whether there are
// more, it assumes so: the next page then has nothing new.
func listIn(body []byte, name string, offset, limit int, f *fields) (list, error) {
	reply, err := parseReply(body)
	switch {
	case err != nil:
		return list{}, err
	case reply.isArray():
		l := list{items: reply, count: reply.length()}
		l.more = l.count > 0 && l.count == limit
		return l, nil
	case !reply.isObject():
		return list{}, reply.notA("a list")
	}
	if err := refusalOf(reply); err != nil {
		return list{}, err
	}
	m := reply.members(name, "items", "data", "total", "hasMore")
	var l list
	for _, items := range m[:3] {
		if items.isArray() {
			l.items, l.count = items, items.length()
			break
		}
	}
	if l.items.json == nil {
		return list{}, fmt.Errorf("it has no list of %s", name)
	}
	if total := f.number("total", m[3]); total != nil {
		l.total = *total
	}
	switch string(m[4].json) {
	case "true":
		l.more = true
	case "false":
	default:
		if !m[4].missing() {
			f.drop("hasMore", m[4].kind())
		}
		l.more = int64(offset)+int64(l.count) < l.total || l.total == 0 && l.count >= limit
	}
	l.more = l.more && l.count > 0
	return l, nil
}

// length returns the number of elements of an array.
func (v value) length() int {
	n := 0
	v.each(func(value) bool { n++; return true })
	return n
}

// maxTimeText bounds the length of a request's time, which is returned as the API sent
// it.
const maxTimeText = 64

// decodeBatchPage reads a page of requests. A request without an id is skipped,
// because it cannot be told apart from others.
func decodeBatchPage(body []byte, offset, limit int, f *fields) (BatchPage, error) {
	l, err := listIn(body, "requests", offset, limit, f)
	if err != nil {
		return BatchPage{}, err
	}
	page := BatchPage{Total: l.total, HasMore: l.more, Bytes: len(body)}
	l.items.each(func(item value) bool {
		m := item.members("id", "status", "output", "error", "startedAt", "completedAt")
		id := m[0].id()
		if id == "" {
			page.Skipped++
			f.drop("requests", "one without an id")
			return true
		}
		request := BatchRequest{
			ID: id, Status: Status(f.text("status", m[1], maxName)), Error: parseJobError(m[3]),
			StartedAt: f.timeAsSent("startedAt", m[4]), CompletedAt: f.timeAsSent("completedAt", m[5]),
		}
		request.Output, request.OutputDefect = m[2].output()
		page.Requests = append(page.Requests, request)
		return true
	})
	return page, nil
}

// timeAsSent returns a time as it was sent, in any form that is short enough for one.
func (f *fields) timeAsSent(name string, v value) string {
	text := v.anyText()
	if kind := v.kind(); len(text) > maxTimeText || text != "" && kind != "a string" && kind != "a number" {
		f.drop(name, kind)
		return ""
	}
	return Printable(text, maxTimeText)
}

// idsIn finds the ids of want new requests in a reply of unknown form; nil when
// they are not there.
func idsIn(body []byte, want int) []string {
	l, err := listIn(body, "requests", 0, want, &fields{})
	if err != nil || l.count != want {
		return nil
	}
	ids := make([]string, 0, want)
	l.items.each(func(item value) bool {
		id := item.id() // the bare id
		if item.isObject() {
			id = item.member("id").id()
		}
		if id == "" {
			ids = nil
			return false
		}
		ids = append(ids, id)
		return true
	})
	return ids
}
