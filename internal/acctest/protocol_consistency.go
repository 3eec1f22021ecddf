package acctest

import (
	"maps"
	"reflect"
	"slices"
)

// requireConsistent fails the test if an apply contradicts its plan, like a CLI with
// "Provider produced inconsistent result after apply": only unknown values of the plan
// may differ.
func (p *ProtocolServer) requireConsistent(planned, applied Values) {
	p.t.Helper()
	if (planned == nil) != (applied == nil) {
		p.t.Errorf("planned %v, applied %v", planned, applied)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(planned)) {
		if !consistent(planned[name], applied[name]) {
			p.t.Errorf("inconsistent result after apply: %s was planned as %v and is %v", name, planned[name], applied[name])
		}
	}
}

// consistent reports whether a value equals the planned one, except where that is
// unknown.
func consistent(planned, applied any) bool {
	switch planned := planned.(type) {
	case unknown:
		return applied != Unknown
	case Values:
		applied, ok := applied.(Values)
		if !ok || len(applied) != len(planned) {
			return false
		}
		for name, value := range planned {
			got, ok := applied[name]
			if !ok || !consistent(value, got) {
				return false
			}
		}
		return true
	case []any:
		applied, ok := applied.([]any)
		return ok && slices.EqualFunc(planned, applied, consistent)
	}
	return reflect.DeepEqual(planned, applied)
}
