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

// lostFile is what is known of a results file that was written, and that is missing or
// has different content now. The state has no digest of such a file. The zero value is
// that of a file that is not lost.
type lostFile struct {
	SHA256 string `json:"sha256,omitempty"` // of the file as it was written
	Gone   bool   `json:"gone,omitempty"`   // the API has forgotten the results, so it is never written again
}

func loadLost(ctx context.Context, private jobmodel.PrivateReader, diags *diag.Diagnostics) *lostFile {
	value, moreDiags := private.GetKey(ctx, privateLost)
	diags.Append(moreDiags...)
	lost := new(lostFile)
	if value != nil && json.Unmarshal(value, lost) != nil {
		return new(lostFile) // the file is written again, which needs none of it
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

// notice puts into the model whether the results file is as it was written.
func (l *lostFile) notice(m *resourceModel) {
	if m.wroteFile() && !l.found(m) {
		l.lose(m)
	}
}

// lose takes the digest out of the model, and keeps it, to recognize the file by.
func (l *lostFile) lose(m *resourceModel) {
	if !m.ResultsSHA256.IsNull() {
		*l = lostFile{SHA256: m.ResultsSHA256.ValueString()}
		m.ResultsSHA256 = types.StringNull()
	}
}

// found reports whether the results file has the content that was written, and puts
// that into the model.
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

// restorable reports whether the results file of the stored batch is to be written again.
func (m *resourceModel) restorable(lost *lostFile) bool {
	return m.wroteFile() && m.ResultsSHA256.IsNull() && !lost.Gone
}

// setFileUnknown marks what writing the results file again decides as not known yet.
func (r *result) setFileUnknown() {
	r.ResultsBytes, r.ResultsSHA256, r.ResultsInOrder = types.Int64Unknown(), types.StringUnknown(), types.BoolUnknown()
}

// restoreFile writes the results file again from the results, which it reads again.
// Where the API has forgotten them, it says so once, and the state remembers it.
func (r *batchResource) restoreFile(ctx context.Context, f finishing, diags *diag.Diagnostics) {
	m, stored := f.plan, f.plan.result
	if f.lost.found(m) {
		return
	}
	_, err := r.keep(ctx, m, f.progress.IDs, diags)
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

// loseResults takes note that the API has forgotten results that were to be stored
// differently, and returns what to say about it.
func (f *finishing) loseResults() diagnose.Message {
	m, lost := f.plan, f.lost
	about, status := m.subject(), m.Status.ValueString()
	if m.writesFile() {
		lost.lose(m)
		lost.Gone = true
		return about.ResultsGoneForFile(status, m.ResultsFile.ValueString())
	}
	if m.ResultsSHA256.IsNull() && lost.SHA256 != "" { // without a file, it is the digest of the results
		m.ResultsSHA256 = types.StringValue(lost.SHA256)
	}
	*lost = lostFile{}
	return about.ResultsGone(status)
}
