package batch

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

// privateLost is the key of the resource's private state that holds a [lostFile].
const privateLost = "lost_file"

// lostFile describes a results file that was written, and is now missing or has
// different content. The state has no digest of such a file. The zero value is that of
// a file that is not lost.
type lostFile struct {
	SHA256 string `json:"sha256,omitempty"` // of the file when it was written
	Gone   bool   `json:"gone,omitempty"`   // the API has forgotten the results, so it is never written again
}

func loadLost(ctx context.Context, private jobmodel.PrivateReader, diags *diag.Diagnostics) *lostFile {
	value, moreDiags := private.GetKey(ctx, privateLost)
	diags.Append(moreDiags...)
	lost := new(lostFile)
	if value != nil && json.Unmarshal(value, lost) != nil {
		return new(lostFile) // the file is written again
	}
	return lost
}

func (l *lostFile) save(ctx context.Context, private jobmodel.PrivateWriter, diags *diag.Diagnostics) {
	var value []byte
	if *l != (lostFile{}) {
		value, _ = json.Marshal(l) // a text and a bool
	}
	diags.Append(private.SetKey(ctx, privateLost, value)...)
}

// notice notes in the model whether the results file is unchanged.
func (l *lostFile) notice(m *resourceModel) {
	if m.wroteFile() && !l.found(m) {
		l.lose(m)
	}
}

// lose removes the digest from the model, and keeps it to recognize the file.
func (l *lostFile) lose(m *resourceModel) {
	if !m.ResultsSHA256.IsNull() {
		*l = lostFile{SHA256: m.ResultsSHA256.ValueString()}
		m.ResultsSHA256 = types.StringNull()
	}
}

// found reports whether the results file has the content that was written, and notes
// that in the model.
func (l *lostFile) found(m *resourceModel) bool {
	want := m.ResultsSHA256.ValueString()
	if want == "" {
		want = l.SHA256
	}
	if want == "" || !m.writesFile() || payload.FileDigest(m.ResultsFile.ValueString()) != want {
		return false
	}
	m.ResultsSHA256, *l = types.StringValue(want), lostFile{}
	return true
}

// wroteFile reports whether the results of the stored batch went to a file.
func (m *resourceModel) wroteFile() bool {
	return m.writesFile() && m.settled() && !m.lost() && !m.ResultsBytes.IsNull()
}

// restorable reports whether the results file of the stored batch must be written
// again.
func (m *resourceModel) restorable(lost *lostFile) bool {
	return m.wroteFile() && m.ResultsSHA256.IsNull() && !lost.Gone
}

// setFileUnknown sets what writing the results file again decides to unknown.
func (r *result) setFileUnknown() {
	r.ResultsBytes, r.ResultsSHA256, r.ResultsInOrder = types.Int64Unknown(), types.StringUnknown(), types.BoolUnknown()
}

// restoreFile reads the results again and writes the results file. If the API has
// forgotten them, it says so once, and the state remembers it.
func (r *batchResource) restoreFile(ctx context.Context, f finishing, diags *diag.Diagnostics) {
	m, stored := f.plan, f.plan.result
	if f.lost.found(m) {
		return
	}
	_, err := r.fetchResults(ctx, m, f.progress.IDs, diags)
	written := m.result
	m.result = stored
	about, status := m.subject(), m.Status.ValueString()
	switch {
	case err == nil:
		m.ResultsBytes, m.ResultsSHA256, m.ResultsInOrder = written.ResultsBytes, written.ResultsSHA256, written.ResultsInOrder
		*f.lost = lostFile{}
	case ctx.Err() != nil:
		diags.Append(about.ResultsInterrupted(status).Warning())
	case r.forgotten(ctx, m, err):
		f.lost.Gone = true
		diags.Append(about.FileUnrestorable(status, m.ResultsFile.ValueString()).Warning())
	default:
		f.unlessCreating(about.ResultsFailed(status, err), diags)
	}
}

// loseResults notes that the API has forgotten results that were to be stored
// differently, and returns the message about it.
func (f *finishing) loseResults() diagnose.Message {
	m, lost := f.plan, f.lost
	about, status := m.subject(), m.Status.ValueString()
	if m.writesFile() {
		lost.lose(m)
		lost.Gone = true
		return about.ResultsGoneForFile(status, m.ResultsFile.ValueString())
	}
	if m.ResultsSHA256.IsNull() && lost.SHA256 != "" { // without a file, results_sha256 is the digest of the results
		m.ResultsSHA256 = types.StringValue(lost.SHA256)
	}
	*lost = lostFile{}
	return about.ResultsGone(status)
}
