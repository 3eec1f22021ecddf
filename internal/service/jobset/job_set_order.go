package jobset

import (
	"cmp"
	"slices"
	"time"
)

// inTurn returns the keys that are to be submitted in the order in which they are. With
// max_failures, jobs that always fail would otherwise stop every apply before the other
// keys have their turn. So the keys whose job failed come last, the one that ran longest
// ago first. Terraform may have replaced the set since, and then only the last one's
// failures are known: the others begin with the key after those.
func (w *run) inTurn(keys []string, a *changes) []string {
	ran := make(map[string]time.Time) // when the job of a key ran that failed
	for _, key := range slices.Concat(a.again, a.lost) {
		e := w.jobs.entries[key]
		ran[key] = e.Submitted()
	}
	if w.creating {
		fingerprint := w.fingerprints()
		for _, key := range keys {
			if at, failed := w.data.FailedCreations.Failed(fingerprint(key, w.inputs[key].digest)); failed {
				ran[key] = at
			}
		}
	}
	var last string
	var before, after, failed []string
	for key := range ran {
		last = max(last, key)
	}
	for _, key := range keys {
		switch _, again := ran[key]; {
		case again:
			failed = append(failed, key)
		case key < last:
			before = append(before, key)
		default:
			after = append(after, key)
		}
	}
	slices.SortStableFunc(failed, func(one, other string) int {
		return cmp.Or(ran[one].Compare(ran[other]), cmp.Compare(one, other))
	})
	return slices.Concat(after, before, failed)
}

// rememberUnsuccessful keeps for the set that replaces one whose creation failed which
// of its jobs failed.
func (w *run) rememberUnsuccessful() {
	if w.data == nil || !w.CreationFailed.ValueBool() {
		return
	}
	fingerprint := w.fingerprints()
	for key, e := range w.jobs.entries {
		if e.Unsuccessful() || e.Lost() {
			w.data.FailedCreations.AddFailed(fingerprint(key, e.InputSHA256.ValueString()), e.Submitted())
		}
	}
}
