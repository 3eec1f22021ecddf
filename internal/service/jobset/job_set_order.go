package jobset

import (
	"cmp"
	"slices"
	"time"
)

// submissionOrder returns the keys in the order in which they are submitted: keys whose job
// failed before come last, the earliest failure first. Otherwise, with max_failures, jobs
// that always fail would stop each apply before the other keys are submitted.
//
// If Terraform has replaced the set, only the failures of the last apply are known. It
// stopped at the last of these keys, so the other keys begin with the one after it.
func (w *run) submissionOrder(keys []string, a *changes) []string {
	ran := make(map[string]time.Time) // submission times of the failed jobs, by key
	for _, key := range slices.Concat(a.again, a.lost) {
		e := w.jobs.entries[key]
		ran[key] = e.Submitted()
	}
	if w.creating {
		fingerprint := w.fingerprints()
		for _, key := range keys {
			if at, failed := w.data.FailedJobs.Find(fingerprint(key, w.inputs[key].digest)); failed {
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

// rememberFailedKeys records the failed jobs of a set whose creation failed, for the set
// that replaces it. See submissionOrder.
func (w *run) rememberFailedKeys() {
	if !w.CreationFailed.ValueBool() {
		return
	}
	fingerprint := w.fingerprints()
	for key, e := range w.jobs.entries {
		if e.Unsuccessful() || e.Lost() {
			w.data.FailedJobs.Add(fingerprint(key, e.InputSHA256.ValueString()), e.Submitted())
		}
	}
}
