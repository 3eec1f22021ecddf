package jobmodel

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

// NullFiles is the value of files of a resource that writes none.
func NullFiles() types.Map { return types.MapNull(types.StringType) }

// storedFiles is the value of files: the digest of each file that was written, by
// path. A null digest means that the file cannot be written any more, because the API
// has forgotten the output.
type storedFiles map[string]attr.Value

// filesIn returns the files of an attribute's value.
func filesIn(stored types.Map) storedFiles { return maps.Clone(storedFiles(stored.Elements())) }

// value returns the attribute's value.
func (f storedFiles) value() types.Map {
	if f == nil {
		f = storedFiles{}
	}
	return types.MapValueMust(types.StringType, f)
}

// NewFiles returns the attribute's value for files that were written; null if there
// are none.
func (o *FileOutput) NewFiles(w *Written) types.Map {
	if !o.WritesFiles() {
		return NullFiles()
	}
	files := make(storedFiles)
	files.add(w)
	return files.value()
}

func (f storedFiles) add(w *Written) {
	if w == nil {
		return
	}
	for name, digest := range w.files {
		f[name] = types.StringValue(digest)
	}
}

// driftedFiles returns the paths of files that are missing or have different content.
func driftedFiles(stored types.Map) []string {
	var drifted []string
	elements := stored.Elements()
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		digest, ok := elements[name].(types.String)
		if ok && !digest.IsNull() && !digest.IsUnknown() && payload.FileDigest(name) != digest.ValueString() {
			drifted = append(drifted, name)
		}
	}
	return drifted
}

// WithoutDrifted returns the files that are unchanged, and whether any is not.
func WithoutDrifted(stored types.Map) (types.Map, bool) {
	drifted := driftedFiles(stored)
	if len(drifted) == 0 {
		return stored, false
	}
	files := filesIn(stored)
	for _, name := range drifted {
		delete(files, name)
	}
	return files.value(), true
}

// Unwritable reports whether any of the files could not be written any more.
func Unwritable(stored types.Map) bool {
	for _, digest := range stored.Elements() {
		if digest.IsNull() {
			return true
		}
	}
	return false
}

// Recognized returns the files after checking those that could not be written any
// more, and whether any of them is back. Only a file of the whole output can be
// recognized by its content: the digests of parts of an output are not stored.
func Recognized(stored types.Map, targets []payload.Target, outputSHA256 types.String) (files types.Map, changed bool) {
	if !Unwritable(stored) || outputSHA256.ValueString() == "" {
		return stored, false
	}
	digests := filesIn(stored)
	for _, t := range targets {
		digest, ok := digests[t.Path]
		if ok && digest.IsNull() && t.Whole() && payload.FileDigest(t.Path) == outputSHA256.ValueString() {
			digests[t.Path], changed = outputSHA256, true
		}
	}
	return digests.value(), changed
}

// Missing returns the targets that the stored files lack.
func Missing(stored types.Map, targets []payload.Target) []payload.Target {
	elements := stored.Elements()
	return slices.DeleteFunc(slices.Clone(targets), func(t payload.Target) bool {
		_, ok := elements[t.Path]
		return ok
	})
}

// Restored returns the files after an attempt to write the missing ones. gone says
// that the API has forgotten the output, so that they can never be written.
func Restored(stored types.Map, targets []payload.Target, w *Written, gone bool) types.Map {
	files := filesIn(stored)
	if files == nil {
		files = make(storedFiles)
	}
	wanted := make(map[string]bool, len(targets))
	for _, t := range targets {
		wanted[t.Path] = true
	}
	maps.DeleteFunc(files, func(name string, _ attr.Value) bool { return !wanted[name] })
	files.add(w)
	if gone {
		for _, t := range targets {
			if _, ok := files[t.Path]; !ok {
				files[t.Path] = types.StringNull()
			}
		}
	}
	return files.value()
}
