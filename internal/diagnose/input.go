package diagnose

import "fmt"

const (
	titleInput        = "Invalid input"
	titleInputMissing = "Missing input"
	titleTooLarge     = "Input too large"
	titleWrapped      = "Input wrapped twice"
	titleInputsFile   = "Invalid inputs file"

	inputMissing = "A job needs an input: an object with at least one member."
	wrapped      = "The input has one member, named \"input\", which is an object. The provider itself puts the input into the member \"input\" of the request, so that the worker finds its arguments one level deeper than it most likely expects.\n\nTo fix this: leave that level out: input = { prompt = \"hello\" } instead of input = { input = { prompt = \"hello\" } }."
	elsewhere    = "\n\nTo fix this: put the data where the worker can fetch it, and pass its address."
)

// InputNotKnown is the message about an input that is still unknown in the apply.
func InputNotKnown(err error) Message { return Message{"Input not known", err.Error() + "."} }

// InputInvalid is the message about an input that cannot be encoded.
func InputInvalid(err error) Message { return Message{titleInput, err.Error() + "."} }

// InputNotObject is the message about an input that is not an object.
func InputNotObject(kind string) Message {
	return Message{titleInput, fmt.Sprintf("The input must be an object, such as { prompt = \"hello\" }; got %s. The API refuses everything else.", kind)}
}

// InputEmpty is the message about an input without members.
func InputEmpty() Message {
	return Message{"Empty input", "The input is an empty object. The API accepts it, but no worker ever gets such a job: it fails after minutes.\n\nTo fix this: set at least one member; a worker that needs none ignores it."}
}

// InputMissing is the message about an input that is null.
func InputMissing() Message { return Message{titleInputMissing, inputMissing} }

// InputMissingOrSecret is InputMissing for a type that also has input_wo.
func InputMissingOrSecret() Message {
	return Message{titleInputMissing, inputMissing + "\n\nTo fix this: set input, or input_wo for what must not be stored."}
}

// RequestTooLarge is the message about a request that exceeds the API's limit, such as
// "10 MiB".
func RequestTooLarge(size int, limit string) Message {
	return Message{titleTooLarge, fmt.Sprintf("The request has %d bytes of JSON; the API takes at most %s."+elsewhere, size, limit)}
}

// BatchRequestTooLarge is the same for a request of a batch.
func BatchRequestTooLarge(size int) Message {
	return Message{titleTooLarge, fmt.Sprintf("The request has %d bytes of JSON; the API takes at most 10 MiB in one call."+elsewhere, size)}
}

// InputWrapped is the message about an input that is most likely the body of an API
// request.
func InputWrapped() Message { return Message{titleWrapped, wrapped} }

// KeysWrapped is the same for inputs of a set.
func KeysWrapped(keys []string) Message {
	return Message{titleWrapped, fmt.Sprintf("Keys: %d: %s\n\n%s", len(keys), firstOf(keys), wrapped)}
}

// RequestsWrapped is the same for requests of a batch, by their indexes.
func RequestsWrapped(indexes []int) Message {
	return Message{titleWrapped, fmt.Sprintf("Requests: %d, of which the first is the one with index %d.\n\n%s", len(indexes), indexes[0], wrapped)}
}

// InputsNotObject is the message about inputs of a set that are not an object.
func InputsNotObject() Message {
	return Message{"Invalid inputs", "The inputs must be an object with a key for each job, such as { a = { prompt = \"hello\" } }. A list has no keys that stay when it changes.\n\nTo fix this: make keys, for instance with { for i, v in var.list : tostring(i) => v }."}
}

// KeyEmpty is the message about an input of a set with the key "".
func KeyEmpty() Message { return Message{"Invalid key", "A key of the inputs is empty."} }

// MoreInputsRefused is the message about inputs of a set that are not reported one by one.
func MoreInputsRefused(more int) Message {
	return Message{"More invalid inputs", fmt.Sprintf("%d more inputs cannot be submitted.", more)}
}

// InputsFileFailed is the message about an inputs file from which a request cannot be
// made.
func InputsFileFailed(err error) Message { return Message{titleInputsFile, err.Error()} }

// toFixFileMissing is for a file that a plan reads.
const toFixFileMissing = "To fix this: the file must exist when the plan is made. If another resource writes it, refer to an attribute of that resource that is known only after apply, so that the file is read then. A destroy makes such a plan as well; with -refresh=false it does not need the file."

// InputsFileNotRead is the message about an inputs file that cannot be read.
func InputsFileNotRead(err error) Message {
	return Message{titleInputsFile, err.Error() + ".\n\n" + toFixFileMissing}
}

// InputsFileRefused is the message about invalid lines of an inputs file.
func InputsFileRefused(name string, err error) Message {
	return Message{titleInputsFile, fmt.Sprintf("%s: %s.\n\nTo fix this: write one object per line, such as {\"key\": \"a\", \"input\": {\"prompt\": \"hello\"}}.", name, err)}
}

// InputsFileChanged is the message about an inputs file that has changed since the
// plan.
func InputsFileChanged() Message {
	return Message{"Inputs file changed", "The file does not have the content any more that it had when the plan was made. Nothing was submitted.\n\nTo fix this: plan and apply again."}
}
