package diagnose

import "fmt"

const titleOutputFile = "Invalid output file"

// OutputFileRefused is the message about an invalid element of output_files.
func OutputFileRefused(err error) Message {
	return Message{titleOutputFile, fmt.Sprintf("%s.\n\nTo fix this: name a file in a folder that exists or can be created.", err)}
}

// OutputFileNotWritable is the message about an output file that cannot be written.
func OutputFileNotWritable(err error) Message {
	return Message{titleOutputFile, fmt.Sprintf("It cannot be written: %s. Nothing was submitted.\n\nTo fix this: name a file in a folder that exists or can be created, and that Terraform may write to.", err)}
}

// OutputFileForAllKeys is the message about a path of output_files that does not depend on the key.
func OutputFileForAllKeys(name string) Message {
	return Message{titleOutputFile, fmt.Sprintf("The path %s is the same for every job, so that the last one would replace the files of all others.\n\nTo fix this: put {key} into the path, which stands for the key of the job.", name)}
}

// OutputFileForKey describes a key of a set that a path cannot contain.
type OutputFileForKey struct{ Key, Reason string }

// Message returns the message about the key.
func (k OutputFileForKey) Message() Message {
	return Message{titleOutputFile, fmt.Sprintf("The key %q cannot be part of the name of a file: %s.\n\nTo fix this: use other keys, or leave output_files out.", k.Key, k.Reason)}
}

// OutputFileIsInputsFile is the message about an output file that would replace the
// inputs file.
func OutputFileIsInputsFile(name string) Message {
	return Message{titleOutputFile, fmt.Sprintf("%s is the inputs file.\n\nTo fix this: write the outputs to other files.", name)}
}

// OutputFileTaken is the message about an output file that another resource writes.
func OutputFileTaken(name string) Message {
	return Message{"Output file used twice", fmt.Sprintf("Another resource writes %s as well, or one of the two paths is a folder of the other. The resource that ends last would fail, or replace the file of the other. Paths that differ only in case count as one, because some file systems take them for one. Nothing was submitted for this one.\n\nTo fix this: give each resource files of its own. With for_each or count, make the key or the index a part of the path.", name)}
}
