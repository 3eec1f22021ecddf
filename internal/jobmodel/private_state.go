package jobmodel

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// Keys of a resource's private state.
const (
	// PrivateImported is set from an import to the first update: the arguments of the
	// resource are not known, so those of the configuration replace nothing.
	PrivateImported = "imported"
	// PrivateAcknowledged is set when a job or batch that did not complete or expired must
	// not be run again because of that, such as after an import.
	PrivateAcknowledged = "acknowledged"
	// privateCreates holds what a creation is planned to submit. It is never stored:
	// Terraform passes it to the create, which starts with an empty private state, and
	// in a replacement also to the delete before it.
	privateCreates = "creates"
	// privateUndecided is set when the plan replaces a resource while part of what is
	// submitted is not known. Terraform passes it to the same calls as privateCreates.
	privateUndecided = "undecided"
)

// PrivateReader is a private state that can be read, of a request or a response.
type PrivateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// PrivateWriter is a private state that can be changed.
type PrivateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// PrivateState is a private state that can be read and changed.
type PrivateState interface {
	PrivateReader
	PrivateWriter
}

// Marked reports whether a mark is set.
func Marked(ctx context.Context, private PrivateReader, key string, diags *diag.Diagnostics) bool {
	value, moreDiags := private.GetKey(ctx, key)
	diags.Append(moreDiags...)
	return string(value) == "true"
}

// Planned is what a creation is planned to submit. It is nil for a delete that no
// creation follows, or whose creation came first.
type Planned struct {
	// Known is false if part of what is submitted is known only after apply.
	Known bool `json:"known"`
	// Marks are shortened fingerprints.
	Marks []string `json:"marks"`

	undecided bool
}

// MarkUndecided notes in the plan of a replacement that part of what is submitted is
// not known yet, so that it may be the same as before.
func MarkUndecided(ctx context.Context, private PrivateWriter, diags *diag.Diagnostics) {
	diags.Append(private.SetKey(ctx, privateUndecided, []byte("true"))...)
}

// Undecided reports whether the plan replaces the resource while part of what is
// submitted was not known.
func (p *Planned) Undecided() bool { return p != nil && p.undecided }

// markOf returns a shortened fingerprint, long enough that no two submissions of one
// plan share it.
func markOf(f ledger.Fingerprint) string { return f.String()[:24] }

// SetPlanned stores what a creation is planned to submit; known is false while
// that is not known.
func SetPlanned(ctx context.Context, private PrivateWriter, known bool, fingerprints []ledger.Fingerprint, diags *diag.Diagnostics) {
	p := Planned{Known: known, Marks: []string{}}
	for _, f := range fingerprints {
		p.Marks = append(p.Marks, markOf(f))
	}
	value, err := json.Marshal(p)
	if err != nil {
		diags.Append(diagnose.PlanNotStored(err).Error())
		return
	}
	diags.Append(private.SetKey(ctx, privateCreates, value)...)
}

// ReadPlanned returns what the creation that follows a delete is planned to submit,
// nil if none follows.
func ReadPlanned(ctx context.Context, private PrivateReader, diags *diag.Diagnostics) *Planned {
	value, moreDiags := private.GetKey(ctx, privateCreates)
	diags.Append(moreDiags...)
	if value == nil {
		return nil
	}
	p := new(Planned)
	if json.Unmarshal(value, p) != nil {
		return nil
	}
	p.undecided = Marked(ctx, private, privateUndecided, diags)
	return p
}

// ClearPlanned removes what [SetPlanned] and [MarkUndecided] stored, in responses
// whose private state Terraform stores.
func ClearPlanned(ctx context.Context, private PrivateWriter, diags *diag.Diagnostics) {
	diags.Append(private.SetKey(ctx, privateCreates, nil)...)
	diags.Append(private.SetKey(ctx, privateUndecided, nil)...)
}

// Includes returns a function that reports whether a submission is planned. While part
// of the plan is not known, any may be.
func (p *Planned) Includes() func(ledger.Fingerprint) bool {
	if p == nil {
		return func(ledger.Fingerprint) bool { return false }
	}
	marks := make(map[string]bool, len(p.Marks))
	for _, mark := range p.Marks {
		marks[mark] = true
	}
	return func(f ledger.Fingerprint) bool { return !p.Known || marks[markOf(f)] }
}
