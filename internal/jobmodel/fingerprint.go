package jobmodel

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// Kinds of submissions in the ledger.
const (
	LedgerJob   = "job"
	LedgerKey   = "job_set"
	LedgerBatch = "batch"
)

// Fingerprint returns the fingerprint of a submission with these arguments. more is
// everything else that forces a new job when it changes, and nothing that does not.
// Values that are never stored are not part of it, but their version is.
func (a *SubmitArgs) Fingerprint(kind string, more ...string) ledger.Fingerprint {
	return ledger.NewFingerprint(append([]string{kind, text(a.EndpointID), text(a.Policy), text(a.Webhook)}, more...)...)
}

// Texts returns values in a form that is equal for equal values.
func Texts(values ...attr.Value) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = text(v)
	}
	return texts
}

// text tells null from every value: the framework writes strings in quotes.
func text(v attr.Value) string { return v.String() }
