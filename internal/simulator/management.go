package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ManagementPath is the path prefix of the management API, in place of
// https://api.runpod.io/v2.
const ManagementPath = "/management/v2"

const (
	defaultTail = 100
	// fillerLine is the length of the lines that fill a large log, in bytes.
	fillerLine = 1000
)

// managementRoute parses the path after ManagementPath.
func managementRoute(method string, parts []string) target {
	if method != http.MethodGet || len(parts) < 3 || parts[0] != "serverless" || parts[2] != "workers" {
		return target{}
	}
	switch {
	case len(parts) == 3:
		return target{op: "workers", endpoint: parts[1]}
	case len(parts) == 5 && parts[4] == "logs":
		return target{op: "worker-logs", endpoint: parts[1], worker: parts[3]}
	}
	return target{}
}

func (x *exchange) management() bool { return strings.HasPrefix(x.Path, ManagementPath+"/") }

// manage serves the management API.
func (s *Server) manage(x *exchange) {
	if x.restricted {
		x.problem(http.StatusForbidden, "access denied")
		return
	}
	if x.endpoint = s.endpoint(x.Endpoint); x.endpoint == nil {
		x.problem(http.StatusNotFound, "endpoint not found")
		return
	}
	if x.Op == "workers" {
		x.json(http.StatusOK, x.endpoint.workersView())
		return
	}
	s.workerLogs(x)
}

func (e *endpoint) workersView() map[string]any {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := []map[string]any{}
	for _, w := range e.active() {
		list = append(list, e.workerView(w))
	}
	n := e.counts()
	reply := map[string]any{
		"workers": list,
		"summary": map[string]int{
			"running": n[workerRunning], "idle": n[workerIdle], "initializing": n[workerInitializing],
			"throttled": n[workerThrottled], "unhealthy": n[workerUnhealthy], "total": len(list),
		},
	}
	if !e.server.options.Choices.BareWorkers {
		reply["endpointVersion"] = e.config.Version
	}
	return reply
}

func (e *endpoint) workerView(w *worker) map[string]any {
	v := map[string]any{"id": w.id, "status": w.status(), "isStale": w.version != e.config.Version, "gpuCount": 1}
	if e.server.options.Choices.BareWorkers {
		return v
	}
	v["version"], v["image"] = w.version, w.image
	v["gpuTypeId"], v["dataCenterId"] = "NVIDIA GeForce RTX 4090", "SIM-1"
	v["startedAt"] = w.startedAt.UTC().Format(time.RFC3339)
	v["uptimeSeconds"] = int(e.server.clock.now().Sub(w.startedAt).Seconds())
	return v
}

// logQuery selects lines of a log.
type logQuery struct {
	source string // "" for both
	tail   int
	since  time.Time
	after  int // the number of the last line that has been read
}

func logQueryOf(r *http.Request) (logQuery, error) {
	values := r.URL.Query()
	q := logQuery{source: values.Get("source"), tail: defaultTail}
	if q.source != "" && q.source != logContainer && q.source != logSystem {
		return q, fmt.Errorf("source must be %s or %s", logContainer, logSystem)
	}
	if text := values.Get("tail"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > maxLogLines {
			return q, fmt.Errorf("tail must be between 0 and %d", maxLogLines)
		}
		q.tail = n
	}
	if text := values.Get("since"); text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return q, fmt.Errorf("since must be a time as in RFC 3339")
		}
		q.since, q.tail = at, maxLogLines
	}
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		n, err := strconv.Atoi(id[strings.LastIndex(id, "-")+1:])
		if err != nil {
			return q, fmt.Errorf("Last-Event-ID is none of this stream")
		}
		q.after, q.tail = n, maxLogLines
	}
	return q, nil
}

// take returns the lines that the query selects, and advances it past them.
func (q *logQuery) take(l *workerLog) []logLine {
	var lines []logLine
	start, _ := slices.BinarySearchFunc(l.lines, q.after+1, func(line logLine, seq int) int { return cmp.Compare(line.seq, seq) })
	for _, line := range l.lines[start:] {
		if (q.source == "" || q.source == line.source) && !line.time.Before(q.since) {
			lines = append(lines, line)
		}
	}
	lines = lines[max(0, len(lines)-q.tail):]
	q.after, q.tail = l.seq, maxLogLines
	return lines
}

// event returns a line in the format of Server-Sent Events.
func (l logLine) event() string {
	data, err := json.Marshal(map[string]string{"ts": l.time.UTC().Format(time.RFC3339Nano), "source": l.source, "line": l.text})
	if err != nil {
		panic(fmt.Sprintf("simulator: %v", err))
	}
	return "id: " + l.id() + "\ndata: " + string(data) + "\n\n"
}

// workerLogs sends the log of a worker and follows it until the client disconnects.
func (s *Server) workerLogs(x *exchange) {
	e := x.endpoint
	q, err := logQueryOf(x.r)
	if err != nil {
		x.problem(http.StatusBadRequest, err.Error())
		return
	}
	e.mu.Lock()
	w := e.worker(x.Worker)
	every, filler := e.config.LogEvery, e.config.LogBytes
	e.mu.Unlock()
	if w == nil {
		x.problem(http.StatusNotFound, "worker not found")
		return
	}
	if x.fault != nil && x.after(`{"ts":"`) {
		return
	}
	x.Status = http.StatusOK
	x.w.Header().Set("Content-Type", "text/event-stream")
	x.w.Header().Set("Cache-Control", "no-cache")
	x.w.WriteHeader(http.StatusOK)
	if !x.fill(filler, s.clock.now()) {
		return
	}
	var chatter <-chan time.Time
	if every > 0 {
		ticker := time.NewTicker(time.Duration(float64(every) / s.clock.speed))
		defer ticker.Stop()
		chatter = ticker.C
	}
	for n := 0; ; {
		e.mu.Lock()
		lines, added := q.take(&w.log), w.log.follow()
		e.mu.Unlock()
		for _, line := range lines {
			if _, err := x.w.Write([]byte(line.event())); err != nil {
				return
			}
		}
		if http.NewResponseController(x.w).Flush() != nil {
			return
		}
		select {
		case <-added:
		case <-chatter:
			n++
			line := logLine{q.after, s.clock.now(), logContainer, "step " + strconv.Itoa(n)}
			if _, err := x.w.Write([]byte(line.event())); err != nil {
				return
			}
		case <-s.closed:
			return
		case <-x.r.Context().Done():
			return
		}
	}
}

// fill sends that many bytes of filler lines. It returns false if the client has
// disconnected.
func (x *exchange) fill(bytes int, now time.Time) bool {
	event := logLine{0, now, logContainer, strings.Repeat("x", fillerLine)}.event()
	for sent := 0; sent < bytes; sent += len(event) {
		if _, err := x.w.Write([]byte(event)); err != nil || x.r.Context().Err() != nil {
			return false
		}
	}
	return true
}
