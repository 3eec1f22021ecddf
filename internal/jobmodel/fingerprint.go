package jobmodel

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// Kinds of submissions in the ledger.
const (
	LedgerJob   = "job"
	LedgerKey   = "job_set"
	LedgerBatch = "batch"
)

// Forcing are the values of the arguments that force a new job, set, batch or purge when
// they change. Arguments whose values are never stored are not among them, but their version
// is.
type Forcing []attr.Value

// Same reports whether all values are those of other, which has the same arguments.
func (f Forcing) Same(other Forcing) bool {
	return slices.EqualFunc(f, other, func(a, b attr.Value) bool { return a.Equal(b) })
}

// Known reports whether all values are known.
func (f Forcing) Known() bool {
	return !slices.ContainsFunc(f, func(v attr.Value) bool { return !dynamicjson.IsFullyKnown(v) })
}

// Fingerprint returns the fingerprint of a submission with these values. more is
// everything else that forces a new one when it changes, and nothing that does not.
func (f Forcing) Fingerprint(kind string, more ...string) ledger.Fingerprint {
	texts := []string{kind}
	for _, v := range f {
		texts = append(texts, v.String()) // tells null from every value: the framework writes strings in quotes
	}
	return ledger.NewFingerprint(append(texts, more...)...)
}
