package jobmodel

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/text/unicode/norm"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jmespath"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// KeyPlaceholder is replaced with the key of a job in the paths of a set's
// output_files.
const KeyPlaceholder = "{key}"

// PathOutputFiles is the path of output_files.
var PathOutputFiles = path.Root("output_files")

// FileOutput is [Output] for a type that can also write the output to files. With
// files, only what output_select takes is stored.
type FileOutput struct {
	Output
	OutputFiles types.Map `tfsdk:"output_files"`
}

// Arguments returns the arguments by name.
func (o *FileOutput) Arguments() map[string]attr.Value {
	return map[string]attr.Value{"output_select": o.OutputSelect, "max_output_bytes": o.MaxOutputBytes, "output_files": o.OutputFiles}
}

// WritesFiles reports whether outputs go to files, as far as that is known.
func (o *FileOutput) WritesFiles() bool { return !o.OutputFiles.IsNull() }

// FilesKnown reports whether all files are known.
func (o *FileOutput) FilesKnown() bool { return dynamicjson.IsFullyKnown(o.OutputFiles) }

// KeepsSame reports whether two sets of arguments store and write the same of any
// output.
func (o *FileOutput) KeepsSame(other *FileOutput) bool {
	return o.Output.KeepsSame(&other.Output) && same(o.OutputFiles, other.OutputFiles)
}

// same reports whether two values are equal; of null values, the type does not matter.
func same(a, b attr.Value) bool { return a.IsNull() && b.IsNull() || a.Equal(b) }

// Targets returns a function that returns the files of a key's output, in the order
// of their paths. The key of a single job is "".
func (o *FileOutput) Targets() func(key string) []payload.Target {
	elements := o.OutputFiles.Elements()
	templates := make([]payload.Target, 0, len(elements))
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		file, ok := elements[name].(types.Object)
		if !ok {
			continue
		}
		target := payload.Target{Path: name, Encoding: payload.EncodingJSON}
		if encoding, ok := file.Attributes()["encoding"].(types.String); ok && encoding.ValueString() != "" {
			target.Encoding = encoding.ValueString()
		}
		if expression, ok := file.Attributes()["select"].(types.String); ok && expression.ValueString() != "" && expression.ValueString() != "@" {
			target.Select = selector(expression.ValueString())
		}
		templates = append(templates, target)
	}
	return func(key string) []payload.Target {
		targets := slices.Clone(templates)
		if key != "" {
			for i := range targets {
				// Terraform stores strings in normal form C.
				targets[i].Path = norm.NFC.String(strings.ReplaceAll(targets[i].Path, KeyPlaceholder, key))
			}
		}
		return targets
	}
}

// Names returns the paths of targets.
func Names(targets []payload.Target) []string {
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = t.Path
	}
	return names
}

// selector is an expression that is compiled when the first output is written.
func selector(expression string) payload.Selector { return lazyExpression(expression) }

type lazyExpression string

// Select implements payload.Selector.
func (e lazyExpression) Select(raw json.RawMessage) (json.RawMessage, error) {
	compiled, err := jmespath.Compile(string(e))
	if err != nil {
		return nil, err
	}
	return compiled.SelectAsSent(raw)
}

// Written is the result of writing an output to files.
type Written struct {
	Failed []diagnose.FileError

	bytes  int64
	sha256 string
	files  map[string]string // digests by path
	kept   json.RawMessage   // what output_select takes; nil for nothing
	diags  diag.Diagnostics
}

// WrittenOf returns the result of writing a job's output; nil if nothing was written.
func WrittenOf(job runpod.Job) *Written {
	w, _ := job.Taken.(*Written)
	return w
}

// Reading returns a context with which an output that is not to be stored is dropped,
// and the output of a completed job is written to files, as soon as it is read.
func (o *FileOutput) Reading(ctx context.Context, endpointID string, targets []payload.Target) context.Context {
	if !o.WritesFiles() {
		return o.Output.Reading(ctx)
	}
	return runpod.WithOutputTaker(ctx, func(job runpod.Job) any { return o.write(endpointID, job, targets) })
}

// write writes the output of a job to files. Those that cannot be written are skipped.
func (o *FileOutput) write(endpointID string, job runpod.Job, targets []payload.Target) *Written {
	w := &Written{bytes: int64(len(job.Output)), sha256: Digest(job.Output), files: make(map[string]string)}
	if !o.OutputSelect.IsNull() && job.Status.Final() {
		w.kept = o.selected(endpointID, job.ID, job.Output, &w.diags)
	}
	if job.Status != runpod.StatusCompleted {
		return w
	}
	for _, t := range targets {
		digest, err := t.Write(job.Output)
		if err != nil {
			w.Failed = append(w.Failed, diagnose.FileError{Path: t.Path, Err: err})
			continue
		}
		w.files[t.Path] = digest
	}
	return w
}

// Keep is [Output.Keep] for an output, or for one that was written to files.
func (o *FileOutput) Keep(endpointID string, job runpod.Job, r *Record, diags *diag.Diagnostics) types.Dynamic {
	if !o.WritesFiles() {
		return o.Output.Keep(endpointID, job, r, diags)
	}
	w := WrittenOf(job)
	if w == nil && job.Output != nil {
		w = o.write(endpointID, job, nil) // the next apply writes the files
	}
	if w == nil {
		o.ReportNoOutput(endpointID, job, diags)
		return o.Output.Keep(endpointID, job, r, diags) // there is none, or it is not JSON
	}
	r.ClearOutput()
	r.OutputBytes, r.OutputSHA256 = types.Int64Value(w.bytes), types.StringValue(w.sha256)
	return o.stored(endpointID, r.ID.ValueString(), w, diags)
}

// stored returns what is to be stored of an output that was written to files.
func (o *FileOutput) stored(endpointID, jobID string, w *Written, diags *diag.Diagnostics) types.Dynamic {
	diags.Append(w.diags...)
	if w.kept == nil {
		return types.DynamicNull()
	}
	about := diagnose.Output{Job: diagnose.Job{Endpoint: endpointID, ID: jobID}, Bytes: w.bytes, Selected: len(w.kept)}
	if int64(len(w.kept)) > o.limit() {
		o.tooLarge(about, diags)
		return types.DynamicNull()
	}
	return decodeOutput(w.kept, about, diags)
}

// Stored is what a state holds of an output.
type Stored struct {
	Output types.Dynamic
	Files  types.Map
	Args   *FileOutput // by which it was stored
}

// ReapplyArgs is [Output.reapplyOutputArgs] with files: the output that was read with
// job was already written to targets. It returns what is to be stored of the output,
// and the files. If the API has forgotten the output, files are written from a stored
// output that is complete.
func (o *FileOutput) ReapplyArgs(endpointID string, job runpod.Job, err error, stored Stored, targets []payload.Target, diags *diag.Diagnostics) (types.Dynamic, types.Map) {
	if !o.WritesFiles() {
		return o.reapplyOutputArgs(endpointID, job, err, stored.Output, &stored.Args.Output, diags), NullFiles()
	}
	w := WrittenOf(job)
	if whole, encodeErr := dynamicjson.Encode(stored.Output); w == nil && !stored.Output.IsNull() && encodeErr == nil && stored.Args.OutputSelect.IsNull() {
		w = o.write(endpointID, runpod.Job{ID: job.ID, Status: runpod.StatusCompleted, Output: whole}, targets)
	}
	if w != nil {
		w.Report(diagnose.Job{Endpoint: endpointID, ID: job.ID}, true, diags)
		return o.stored(endpointID, job.ID, w, diags), o.NewFiles(w)
	}
	if err != nil && !runpod.IsJobNotFound(err) {
		diags.Append(diagnose.Job{Endpoint: endpointID, ID: job.ID}.OutputNotRead(err).Error())
		return stored.Output, stored.Files
	}
	diags.Append(diagnose.Job{Endpoint: endpointID, ID: job.ID}.OutputGoneForFiles().Warning())
	return stored.Output, Restored(stored.Files, targets, nil, true)
}

// ReportNoOutput warns about files that are not written because the job completed without
// an output.
func (o *FileOutput) ReportNoOutput(endpointID string, job runpod.Job, diags *diag.Diagnostics) {
	nothing := WrittenOf(job) == nil && job.Output == nil && job.OutputDefect == "" && !job.Unread
	if o.WritesFiles() && job.Status == runpod.StatusCompleted && nothing {
		names := slices.Sorted(maps.Keys(o.OutputFiles.Elements()))
		diags.Append(diagnose.Job{Endpoint: endpointID, ID: job.ID}.NoOutputForFiles(names).Warning())
	}
}

// Report reports files that could not be written; stored says that the state has the
// job. A nil Written has nothing to report.
func (w *Written) Report(job diagnose.Job, stored bool, diags *diag.Diagnostics) {
	if w != nil && len(w.Failed) > 0 {
		diags.Append(job.FilesUnwritten(w.Failed, stored).Error())
	}
}
