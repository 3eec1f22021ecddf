package runpod

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/tmaxmax/go-sse"
)

// Bounds of one reading of a worker's log, whose stream has no end.
const (
	// LogIdle is the silence after which a reading ends.
	LogIdle = 500 * time.Millisecond
	// LogTimeout is the maximum duration of a reading, once the stream is open.
	LogTimeout = 5 * time.Second
	// MaxLogBytes is the maximum number of bytes that are read of a stream.
	MaxLogBytes = 1 << 20
	// MaxLogTail is the maximum number of earlier lines that the API sends.
	MaxLogTail = 5000
)

// LogSource says where a line of a log comes from.
type LogSource string

// The sources of a log.
const (
	LogContainer LogSource = "container" // what the worker prints
	LogSystem    LogSource = "system"    // what the platform reports about it
)

// LogQuery says what to read of a worker's log.
type LogQuery struct {
	Source LogSource // "" for both
	Tail   int       // lines logged before, at most MaxLogTail; ignored with Since
	Since  time.Time // zero for no bound
}

// LogLine is one line of a worker's log, without the secrets of the client and without
// escape sequences, such as colors.
type LogLine struct {
	Time   time.Time // zero if the API omits it
	Source LogSource
	Line   string
}

// WorkerLogs reads a worker's log with GET
// /serverless/{endpoint}/workers/{worker}/logs, a stream of server-sent events that
// the API holds open. It reads the existing lines, and stops when nothing arrives for
// [LogIdle], after [LogTimeout], or after [MaxLogBytes].
func (m *Management) WorkerLogs(ctx context.Context, endpointID, workerID string, q LogQuery) ([]LogLine, error) {
	var lines []LogLine
	query := url.Values{}
	if q.Source != "" {
		query.Set("source", string(q.Source))
	}
	if q.Since.IsZero() {
		query.Set("tail", strconv.Itoa(q.Tail))
	} else {
		query.Set("since", q.Since.UTC().Format(time.RFC3339Nano))
	}
	err := m.client.do(ctx, &call{
		op: OpWorkerLogs, endpoint: endpointID, jobID: workerID,
		prefix: []string{"serverless"}, path: []string{"workers", workerID, "logs"}, query: query,
		follow: func(body io.ReadCloser) (err error) {
			lines, err = m.readLog(body)
			return err
		},
	})
	return lines, err
}

func (m *Management) readLog(body io.ReadCloser) ([]LogLine, error) {
	var left atomic.Bool
	leave := func() {
		left.Store(true)
		_ = body.Close() // which ends the reading
	}
	idle, limit := time.AfterFunc(LogIdle, leave), time.AfterFunc(LogTimeout, leave)
	defer idle.Stop()
	defer limit.Stop()
	var lines []LogLine
	for event, err := range sse.Read(io.LimitReader(body, MaxLogBytes), &sse.ReadConfig{MaxEventSize: MaxLogBytes}) {
		if err != nil {
			if left.Load() || len(lines) > 0 { // there is no end that could be missing
				break
			}
			return nil, err
		}
		idle.Reset(LogIdle)
		lines = append(lines, m.logLine(event))
	}
	return lines, nil
}

// logLine reads an event. Its data is {"ts":…,"source":…,"line":…}; its id is a
// time, too, possibly with a suffix. Data in another form is a line as it is.
func (m *Management) logLine(event sse.Event) LogLine {
	data, _ := parseReply([]byte(event.Data)) // one that is no JSON is no object
	members := data.members("ts", "source", "line")
	source, _ := members[1].text()
	line := LogLine{Time: new(fields).timestamp("ts", members[0]), Source: LogSource(source), Line: members[2].anyText()}
	if !data.isObject() {
		line.Line = event.Data
	}
	if line.Time.IsZero() {
		line.Time = parseTime(event.LastEventID)
	}
	line.Line = Printable(m.client.secrets.redact(line.Line), MaxLogBytes)
	line.Source = LogSource(printableName(m.client.secrets.redact(string(line.Source))))
	return line
}
