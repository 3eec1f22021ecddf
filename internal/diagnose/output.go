package diagnose

import "fmt"

// notJSON explains an output with a NaN or an Infinity, which Python's json module
// writes, or with too many levels of nesting.
const notJSON = "JSON has no NaN and no Infinity, and more than 10000 levels of nesting are not read. Nothing of such an output can be stored: it is null.\n\nTo fix this: let the worker replace NaN and Infinity before it returns them, for instance with None, or return a flatter value."

// Output is the output of a job.
type Output struct {
	Job      Job
	Bytes    int64 // its size
	Selected int   // size of the selected parts; 0 without output_select
}

func (o Output) facts() *detail {
	text := o.Job.facts().field("Size of the output", fmt.Sprintf("%d bytes", o.Bytes))
	if o.Selected > 0 {
		text.field("Size of what output_select takes", fmt.Sprintf("%d bytes", o.Selected))
	}
	return text
}

// TooLarge is the message about an output beyond max_output_bytes.
func (o Output) TooLarge(limit int64) Message {
	return o.facts().paragraph("The output is larger than max_output_bytes (%d), so it is not stored; its size and digest are.\n\nTo fix this: raise max_output_bytes, take the parts that matter with output_select, or let the worker store large results elsewhere and return their address.", limit).titled("Output too large to store")
}

// NotStored is the message about an output that Terraform cannot represent.
func (o Output) NotStored(err error) Message {
	return o.facts().paragraph("%s. Its size and digest are stored.", err).titled("Output cannot be stored")
}

// OutputNotJSON is the message about an output that cannot be read; defect says why, and where.
func (j Job) OutputNotJSON(defect string) Message {
	return j.facts().field("In the output", defect).paragraph(notJSON).titled("Output is not JSON")
}

// OutputNotRead is the message about an API error when the output of a stored job is
// read again.
func (j Job) OutputNotRead(err error) Message {
	return j.facts().explain(err).paragraph("The resource is kept as it was.").titled(titleOutputNotRead)
}

// FilesNotRestored is OutputNotRead for files that are to be written again.
func (j Job) FilesNotRestored(err error) Message {
	return j.facts().explain(err).paragraph("The resource is kept as it was; the next apply tries again.").titled(titleOutputNotRead)
}

const (
	titleOutputNotRead = "Unable to read the output again"
	titleOutputGone    = "Output is no longer available"
)

// OutputGone is the message about an output that the API no longer has, and of which
// the state has only a part.
func (j Job) OutputGone() Message {
	return j.facts().paragraph("The API no longer has the output, and the state does not hold all of it: what is stored stays as it is. Its size and digest are kept.").titled(titleOutputGone)
}

// OutputGoneForFiles is OutputGone for files that are to be written.
func (j Job) OutputGoneForFiles() Message {
	return j.facts().paragraph("The API no longer has the output, and the state does not hold all of it: what is stored stays as it is, and files that are not there yet are not written. Its size and digest are kept.").titled(titleOutputGone)
}

// PartNotSelected is the message about an element of output_select that does not fit the output.
func (j Job) PartNotSelected(name string, err error) Message {
	return j.facts().paragraph("output_select[%q]: %s. The part is null.", name, err).titled("Part of the output cannot be selected")
}

// PartsNotStored is the message about selected parts that Terraform cannot represent.
func (j Job) PartsNotStored(err error) Message {
	return j.facts().paragraph("%s.", err).titled("Unable to store the output")
}

// FileError is a file that could not be written.
type FileError struct {
	Path string
	Err  error
}

// Titles about files, which a job and a set share.
const (
	titleUnwritten    = "Unable to write output files"
	titleUnrestorable = "Output files can no longer be written"
	titleRestores     = "Writes output files again"

	adviceUnrestorable = "The API has forgotten the output, so the files cannot be written any more. Their digests in files are null from now on, and nothing is planned because of them. To get them, run a new job: change a value in triggers, or use -replace."
)

// FilesUnwritten is the message about files of a job that could not be written. stored says that
// the job is in the state, so that the next apply writes them.
func (j Job) FilesUnwritten(failed []FileError, stored bool) Message {
	text := j.facts()
	for _, f := range failed[:min(len(failed), shown)] {
		text.field("File", fmt.Sprintf("%s: %s", f.Path, f.Err))
	}
	if !stored {
		return text.paragraph("The job completed, and nothing about it is stored. No file is half written, and a file that was there before is unchanged.\n\nTo fix this: read the result with the data source runpodserverless_job while the API has it (30 minutes after the end of a /run job). Or make room or correct output_files, and run it again, which submits a new job.").titled(titleUnwritten)
	}
	return text.paragraph("The job completed and is in the state. No file is half written, and a file that was there before is unchanged.\n\nTo fix this: make room or correct output_files, and apply again while the API has the result (30 minutes after the end of a /run job). The next apply reads it again and writes the files; it submits nothing.").titled(titleUnwritten)
}

// NoOutputForFiles is the warning about files that are not written because the job completed
// without an output.
func (j Job) NoOutputForFiles(names []string) Message {
	return j.facts().field("Files", firstOf(names)).
		paragraph("The job completed without an output, so no file was written. An existing file is unchanged, and is not from this job.\n\nTo fix this: make the worker return an output, or remove output_files.").titled("No output for the output files")
}

// FilesUnrestorable is the message about files of a job whose output the API has forgotten.
func (j Job) FilesUnrestorable(names []string) Message {
	return j.facts().field("Files", firstOf(names)).paragraph(adviceUnrestorable).titled(titleUnrestorable)
}

// RestoresFiles is the warning that an apply writes files of a job again.
func (j Job) RestoresFiles(names []string) Message {
	return j.facts().field("Files", firstOf(names)).
		paragraph("The files are missing, or have different content from the job's output. This apply reads the result again and writes them; it submits nothing.").titled(titleRestores)
}
