package diagnose

import (
	"fmt"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

const (
	titleTooMany     = "Too many requests"
	titleResultsFile = "Invalid results file"
)

// RequestsNotList is the message about requests that are not a list.
func RequestsNotList() Message {
	return Message{"Invalid requests", "The requests must be a list of inputs, such as [{ prompt = \"one\" }, { prompt = \"two\" }].\n\nTo fix this: put the inputs in brackets. For inputs with keys see runpodserverless_job_set."}
}

// NoRequests is the message about a batch without requests.
func NoRequests() Message { return Message{"No requests", "A batch needs at least one request."} }

// RequestNull is the message about a request that is null.
func RequestNull() Message {
	return Message{titleInputMissing, "The request is null; it must be an object with at least one member."}
}

// TooManyRequests is the message about more requests than a batch takes.
func TooManyRequests(err error) Message {
	return Message{titleTooMany, fmt.Sprintf("%v.\n\nTo fix this: make several batches; an endpoint can have %d active ones.", err, runpod.MaxActiveBatches)}
}

// RequestsFileRefused is the message about an invalid line of a requests file.
func RequestsFileRefused(name string, err error) Message {
	return Message{"Invalid requests file", fmt.Sprintf("%s: %s.\n\nEach line must be the input of one request: a JSON object with at least one member, in at most 10 MiB.", name, err)}
}

// RequestsFileNotRead is the message about a requests file that cannot be read.
func RequestsFileNotRead(err error) Message {
	return Message{"Unable to read the requests file", err.Error() + ".\n\n" + toFixFileMissing}
}

// RequestsFileChanged is the message about a requests file that has changed since the
// plan.
func RequestsFileChanged() Message {
	return Message{"Requests file changed", "The file does not have the content any more that it had when the plan was made. Nothing was sent.\n\nTo fix this: plan and apply again."}
}

// ResultsReplaceRequests is the message about a results file that is the requests
// file.
func ResultsReplaceRequests() Message {
	return Message{"Results would replace the requests", "results_file and requests_file are the same file."}
}

// ResultsFileRefused is the message about an invalid path of a results file.
func ResultsFileRefused(err error) Message {
	return Message{titleResultsFile, err.Error() + ".\n\nTo fix this: name a file in a folder that exists or can be made."}
}

// ResultsFileNotWritable is the message about a results file that cannot be written.
func ResultsFileNotWritable(err error) Message {
	return Message{titleResultsFile, fmt.Sprintf("It cannot be written: %s. Nothing was sent.\n\nTo fix this: name a file in a folder that exists, or can be made, and that Terraform can write to.", err)}
}

// ResultsFileTaken is the message about a results file that another resource writes.
func ResultsFileTaken(name string) Message {
	return Message{"Results file used twice", fmt.Sprintf("Another resource writes to %s as well, or one of the two paths is a folder of the other. The resource that ends last would fail, or replace the file of the other. Names that differ only in case count as one, because some file systems take them for one. Nothing was sent for this one.\n\nTo fix this: give each batch a file of its own. With for_each or count, make the key or the index a part of its name.", name)}
}
