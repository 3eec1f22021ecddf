package diagnose

import (
	"fmt"
	"strings"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// Worker is the worker that a message is about.
type Worker struct{ Endpoint, ID string }

// LogsFailed is the message about an error of the API about the log of the worker.
func (w Worker) LogsFailed(err error) Message {
	return new(detail).field("Endpoint", w.Endpoint).field("Worker", w.ID).explain(err).titled("Unable to read the worker's logs")
}

// Context is what else helps to find the cause of an error about a job.
type Context struct {
	Console  string // the address of the endpoint in the console
	Logs     []WorkerLog
	LogsHint bool // say how to get at the workers' logs
}

// WorkerLog is the last lines that a worker wrote.
type WorkerLog struct {
	Worker runpod.Worker
	Lines  []runpod.LogLine
}

// maxLogLine bounds a line of a log in an error, in bytes.
const maxLogLine = 500

func (t *detail) context(c Context) {
	t.field("Console", c.Console)
	if c.LogsHint {
		t.paragraph("The workers' logs may say more: worker_log_lines in the provider block shows their last lines here, and the data source runpodserverless_worker_logs reads them.")
	}
	if len(c.Logs) > 0 {
		logs := make([]string, len(c.Logs))
		for i, log := range c.Logs {
			logs[i] = log.String()
		}
		t.paragraph("%s", strings.Join(logs, "\n\n"))
	}
}

func (l WorkerLog) String() string {
	state := ""
	if l.Worker.Status != "" {
		state = fmt.Sprintf(" (%s)", l.Worker.Status)
	}
	text := fmt.Sprintf("Last lines of worker %s%s:", l.Worker.ID, state)
	for _, line := range l.Lines {
		text += "\n  " + strings.ReplaceAll(runpod.Printable(line.Line, maxLogLine), "\n", " ")
	}
	return text
}
