package diagnose

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// ValueKind is the kind of value that an argument accepts.
type ValueKind struct{ title, advice string }

// The kinds of values.
var (
	ID       = ValueKind{title: "Invalid id"}
	BaseURL  = ValueKind{title: "Invalid base URL"}
	WebURL   = ValueKind{title: "Invalid URL"}
	Duration = ValueKind{title: "Invalid duration"}
	Regexp   = ValueKind{title: "Invalid regular expression"}
	JMESPath = ValueKind{
		title:  "Invalid JMESPath expression",
		advice: "see https://jmespath.site for the language. A key with a dash or another special character stands in double quotes, which HCL requires with a backslash, as in \"images[0].\\\"file-name\\\"\". A subtraction has spaces around its sign.",
	}
)

// Refused returns the error about a value at an attribute.
func (k ValueKind) Refused(at path.Path, err error) diag.Diagnostic {
	text := err.Error()
	if len(at.Steps()) > 1 {
		// The CLI shows the source of the whole object.
		text = at.String() + ": " + text
	}
	if k.advice != "" {
		text += "\n\nTo fix this: " + k.advice
	}
	return Message{k.title, text}.ErrorAt(at)
}

// RegexpNotCompiled is the message about an invalid regular expression that was
// unknown at plan.
func RegexpNotCompiled(err error) Message { return Message{Regexp.title, err.Error() + "."} }

// SyncWaitUnused is the message about sync_wait of a job that runs asynchronously.
func SyncWaitUnused() Message {
	return Message{"Argument without effect", "sync_wait is used in mode = \"sync\" only."}
}

// TTLTooShort is the message about a policy that deletes a job while it runs.
func TTLTooShort(ttl, executionTimeout time.Duration) Message {
	return Message{"Job may be deleted while it runs", fmt.Sprintf("ttl (%s) is shorter than execution_timeout (%s): the API deletes a job whose ttl has passed, even while it runs.", ttl, executionTimeout)}
}

// FilesWithoutWait is the message about output_files of a job without
// wait_for_completion.
func FilesWithoutWait() Message {
	return Message{titleConflict, "Files are written when the job completes, and nothing waits for that. Leave wait_for_completion out with output_files."}
}

const titleConflict = "Conflicting arguments"

// StreamWithQueueTimeout is the message about stream with queue_timeout.
func StreamWithQueueTimeout() Message {
	return Message{titleConflict, "The stream of a job does not show when the job leaves the queue. Leave queue_timeout out with stream."}
}

// StreamWithSync is the message about stream with mode sync.
func StreamWithSync() Message {
	return Message{titleConflict, "A job in mode = \"sync\" has ended before its chunks could be read. Use mode = \"async\" with stream."}
}

// StreamWithoutWait is the message about stream without wait_for_completion.
func StreamWithoutWait() Message {
	return Message{titleConflict, "The chunks of a job are shown while it is waited for. Leave wait_for_completion out with stream."}
}

// Sources names the two arguments of which exactly one must be set.
type Sources struct{ Value, File string }

// The arguments that hold what is to be run, or name the file that does.
var (
	InputSources   = Sources{Value: "inputs", File: "inputs_file"}
	RequestSources = Sources{Value: "requests", File: "requests_file"}
)

// Twice is the message if both are set.
func (s Sources) Twice() Message {
	return Message{"Invalid Attribute Combination", fmt.Sprintf("Exactly one of %s and %s must be set, and both are.", s.Value, s.File)}
}

// Missing is the message if neither is set.
func (s Sources) Missing() Message {
	return Message{"Missing Attribute Configuration", fmt.Sprintf("Exactly one of %s and %s must be set, and neither is. A value that is null counts as not set.", s.Value, s.File)}
}
