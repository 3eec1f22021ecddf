package acctest

import (
	"testing"

	"github.com/hashicorp/go-version"
)

// feature is a feature that only some products and versions have. Terraform and
// OpenTofu have separate version numbers.
type feature struct {
	name     string
	earliest map[string]*version.Version // by product; a missing product does not have it in any version
}

func newFeature(name, terraform, openTofu string) feature {
	f := feature{name: name, earliest: map[string]*version.Version{}}
	if terraform != "" {
		f.earliest[Terraform] = version.Must(version.NewVersion(terraform))
	}
	if openTofu != "" {
		f.earliest[OpenTofu] = version.Must(version.NewVersion(openTofu))
	}
	return f
}

var (
	actions          = newFeature("actions", "1.14.0", "")
	callers          = newFeature("callers of actions and store of terraform_data", "1.16.0", "")
	destroyTriggers  = newFeature("triggers of actions on destroy", "1.16.0", "")
	queries          = newFeature("list resources and the query command", "1.14.0", "")
	importByIdentity = newFeature("import by identity", "1.12.0", "1.12.0")
	ephemerals       = newFeature("ephemeral resources", "1.10.0", "1.11.0")
	writeOnly        = newFeature("write-only arguments", "1.11.0", "1.11.0")
)

// missingFrom returns why the product lacks the feature; "" if it has it. A pre-release
// counts as its release, because it has the release's features.
func (f feature) missingFrom(p *Product) string {
	earliest, ok := f.earliest[p.Name]
	switch {
	case !ok:
		return p.Name + " has no " + f.name
	case p.Version.Core().LessThan(earliest):
		return p.String() + " has no " + f.name + "; the first with it is " + earliest.String()
	}
	return ""
}

func (f feature) require(t testing.TB) {
	t.Helper()
	if reason := f.missingFrom(RequireCLI(t)); reason != "" {
		t.Skip(reason)
	}
}

// RequireActions skips the test without action blocks: before Terraform 1.14 and in
// OpenTofu, which cannot even parse them.
func RequireActions(t testing.TB) { t.Helper(); actions.require(t) }

// RequireTerraform116 skips the test if actions have no caller, triggers no on_failure,
// and terraform_data no store: before Terraform 1.16 and in OpenTofu.
func RequireTerraform116(t testing.TB) { t.Helper(); callers.require(t) }

// RequireDestroyTriggers skips the test if a destroy cannot trigger an action: before
// Terraform 1.16 and in OpenTofu.
func RequireDestroyTriggers(t testing.TB) { t.Helper(); destroyTriggers.require(t) }

// RequireQuery skips the test without list resources: before Terraform 1.14 and in
// OpenTofu.
func RequireQuery(t testing.TB) { t.Helper(); queries.require(t) }

// RequireImportByIdentity skips the test if import blocks have no identity: before
// Terraform 1.12 and OpenTofu 1.12.
func RequireImportByIdentity(t testing.TB) { t.Helper(); importByIdentity.require(t) }

// RequireEphemeral skips the test without ephemeral resources: before Terraform 1.10
// and OpenTofu 1.11.
func RequireEphemeral(t testing.TB) { t.Helper(); ephemerals.require(t) }

// RequireWriteOnly skips the test without write-only arguments: before Terraform 1.11
// and OpenTofu 1.11.
func RequireWriteOnly(t testing.TB) { t.Helper(); writeOnly.require(t) }
