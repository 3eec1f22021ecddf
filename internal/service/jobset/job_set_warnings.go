package jobset

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
)

// warnings collects warnings about single keys, so that each kind is reported once.
type warnings struct {
	kinds    []string
	first    map[string]string // the text about the first key, by kind
	firstKey map[string]string
	keys     map[string]*diagnose.KeyList
}

// take collects the warnings about one key. Keys come in any order; the text is that
// about the first key in sorted order.
func (n *warnings) take(key, jobID string, diags diag.Diagnostics) {
	for _, d := range diags {
		kind := d.Summary()
		if n.keys[kind] == nil {
			n.kinds = append(n.kinds, kind)
			n.keys[kind] = &diagnose.KeyList{}
		}
		if first, ok := n.firstKey[kind]; !ok || key < first {
			n.firstKey[kind], n.first[kind] = key, d.Detail()
		}
		n.keys[kind].Add(key, jobID, "")
	}
}

func (n *warnings) report(diags *diag.Diagnostics) {
	for _, kind := range n.kinds {
		diags.Append(diagnose.WarnedKeys{Keys: *n.keys[kind], First: diagnose.Message{Title: kind, Detail: n.first[kind]}}.Message().Warning())
	}
}
