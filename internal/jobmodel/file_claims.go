package jobmodel

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
)

// privateFileOwner is the key of the private state for the owner of a resource's
// files: Terraform plans a replacement with the private state that the plan of the
// replaced resource left, and the replacement may have its files.
const privateFileOwner = "file_owner"

// FilePlan is a planned resource and the files that it writes.
type FilePlan struct {
	Stored string   // names the stored resource; "" for a creation
	New    string   // names a creation that replaces nothing
	Kept   bool     // the stored resource is not replaced
	Names  []string // of the files
}

// RefuseFile reports a file that another resource writes.
type RefuseFile func(name string, diags *diag.Diagnostics)

// RefuseOutputFile is the [RefuseFile] of resources with the argument output_files.
func RefuseOutputFile(name string, diags *diag.Diagnostics) {
	diags.Append(diagnose.OutputFileTaken(name).ErrorAt(PathOutputFiles))
}

// PlanFiles claims the files of a planned resource, and refuses those that another one
// writes.
func (d *ProviderData) PlanFiles(ctx context.Context, p FilePlan, private PrivateState, refuse RefuseFile, diags *diag.Diagnostics) {
	if len(p.Names) == 0 {
		if p.Stored != "" {
			d.Files.Release(p.Stored)
		}
		return
	}
	owner := p.Stored
	if owner != "" {
		name, err := json.Marshal(owner)
		if err != nil {
			diags.Append(diagnose.OwnerNotStored(err).Error())
			return
		}
		diags.Append(private.SetKey(ctx, privateFileOwner, name)...)
	} else {
		name, moreDiags := private.GetKey(ctx, privateFileOwner)
		diags.Append(moreDiags...)
		if name == nil || json.Unmarshal(name, &owner) != nil {
			owner = p.New
		}
	}
	if taken, ok := d.Files.Plan(owner, p.Kept, p.Names...); !ok {
		refuse(taken, diags)
	}
}

// KeepFiles claims the files of a stored resource in the apply, when their names are
// known for certain.
func (d *ProviderData) KeepFiles(owner string, names []string, refuse RefuseFile, diags *diag.Diagnostics) {
	if taken, ok := d.Files.Plan(owner, true, names...); !ok {
		refuse(taken, diags)
	}
}

// TakeFiles claims the files of a resource that is about to be created. settle is
// called with the owner if there is one, else with "".
func (d *ProviderData) TakeFiles(names []string, refuse RefuseFile, diags *diag.Diagnostics) (settle func(owner string)) {
	settle, taken, ok := d.Files.Create(names...)
	if !ok {
		refuse(taken, diags)
		return func(string) {}
	}
	return settle
}

// ReleaseFiles releases the files of a resource after its deletion. If that failed, the
// resource stays in the state, and keeps its files if this process has planned it.
func (d *ProviderData) ReleaseFiles(owner string, diags *diag.Diagnostics) {
	if !diags.HasError() {
		d.Files.Release(owner)
	}
}
