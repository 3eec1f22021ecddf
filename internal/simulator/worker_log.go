package simulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The sources of a log line.
const (
	logContainer = "container" // the output of the worker
	logSystem    = "system"    // what the platform reports about its container
)

// maxLogLines is the maximum number of lines in the log of a worker, and in a response.
const maxLogLines = 5000

// maxLogLine is the maximum length of a line, in bytes.
const maxLogLine = 64 << 10

type logLine struct {
	seq    int
	time   time.Time // simulated time
	source string
	text   string
}

// id returns the id of the line's event: its time and its number, because lines can
// have the same time.
func (l logLine) id() string {
	return fmt.Sprintf("%s-%d", l.time.UTC().Format(time.RFC3339Nano), l.seq)
}

// workerLog contains the last lines of a worker's log. It is guarded by the endpoint's
// lock.
type workerLog struct {
	lines []logLine
	seq   int
	added chan struct{} // closed when a line is added; nil if no client follows
}

func (l *workerLog) add(now time.Time, source, text string) {
	l.seq++
	l.lines = append(l.lines, logLine{l.seq, now, source, text})
	if len(l.lines) > 2*maxLogLines {
		l.lines = append([]logLine(nil), l.lines[len(l.lines)-maxLogLines:]...)
	}
	if l.added != nil {
		close(l.added)
		l.added = nil
	}
}

// follow returns a channel that is closed when a line is added.
func (l *workerLog) follow() <-chan struct{} {
	if l.added == nil {
		l.added = make(chan struct{})
	}
	return l.added
}

// log adds a text to a worker's log, line by line.
func (e *endpoint) log(w *worker, source, text string) {
	now := e.server.clock.now()
	for line := range strings.SplitSeq(strings.TrimRight(text, "\r\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		w.log.add(now, source, line[:min(len(line), maxLogLine)])
	}
}

// logJob adds what the worker's SDK prints about a job.
func (e *endpoint) logJob(w *worker, j *job, message string) {
	w.log.add(e.server.clock.now(), logContainer, `{"requestId": "`+j.id+`", "message": "`+message+`", "level": "INFO"}`)
}

// errorText returns a job's error as a worker prints it.
func errorText(failure json.RawMessage) string {
	var text string
	if json.Unmarshal(failure, &text) == nil {
		return text
	}
	return string(failure)
}
