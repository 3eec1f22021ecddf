package batch

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// checkResultsFile refuses, before anything is paid for, a results file that
// cannot be written, or that would replace the requests: their file would have
// other content then, and the next apply would run that as a new batch.
func (m *resourceModel) checkResultsFile(diags *diag.Diagnostics) {
	if m.ResultsFile.IsNull() || m.ResultsFile.IsUnknown() {
		return
	}
	at, name := path.Root("results_file"), m.ResultsFile.ValueString()
	if !m.RequestsFile.IsNull() && !m.RequestsFile.IsUnknown() && sameFile(name, m.RequestsFile.ValueString()) {
		diags.AddAttributeError(at, "Results would replace the requests", "results_file and requests_file are the same file.")
		return
	}
	const remedy = ".\n\nWhat to do: name a file in a folder that exists or can be made."
	switch info, err := os.Stat(name); {
	case err != nil:
	case info.IsDir():
		diags.AddAttributeError(at, "Invalid results file", name+" is a folder"+remedy)
		return
	case !info.Mode().IsRegular(): // a device such as /dev/null, or a pipe: a file would take its place
		diags.AddAttributeError(at, "Invalid results file", name+" is not a regular file, and would be replaced by one"+remedy)
		return
	}
	for folder := filepath.Dir(name); ; folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		if err == nil && !info.IsDir() {
			diags.AddAttributeError(at, "Invalid results file", fmt.Sprintf("%s is not a folder%s", folder, remedy))
		}
		if err == nil || folder == filepath.Dir(folder) {
			return
		}
	}
}

// sameFile tells that two names, one of which need not exist, are those of one file.
func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
