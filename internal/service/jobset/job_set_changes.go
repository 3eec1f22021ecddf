package jobset

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
)

// changes are what is to be done with the keys of a set. Each list is sorted.
type changes struct {
	run            []string // to be submitted: new, changed, failed, cut short, or not submitted before
	again          []string // of these, the keys whose job failed
	lost           []string // of run, the keys whose job expired before its end was seen
	outcomeUnknown []string // of these, the keys whose earlier submission had an unknown outcome
	resume         []string // live, to be waited for
	replace        []string // of run, the keys with an unfinished job of another input
	remove         []string // stored and not in the inputs any more
	restore        []string // completed keys whose files are to be written again
	inputUnknown   []string // keys whose input is known only after apply
	undecided      []string // keys whose job failed, and of which only the apply knows whether they run again
}

// changes compares the inputs with what is stored. Keys that are known in planned do
// not change: the apply keeps what the plan says. At plan, planned is null.
func (m *resourceModel) changes(inputs map[string]input, stored *jobsState, planned types.Map) *changes {
	a := &changes{}
	fixed := planned.Elements()
	var bad, lost []string
	kept, maybe := 0, 0 // keys that count as failed and stay, and those that may count
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		in := inputs[key]
		e, ok := stored.entries[key]
		if value, isFixed := fixed[key]; isFixed && !value.IsUnknown() {
			if e.Unsuccessful() || e.Lost() && m.ExpiryFails() {
				kept++
			}
			continue
		}
		switch {
		case !ok || !e.hasJob() || e.cancelledByProvider():
			a.run = append(a.run, key)
			if ok && e.outcomeUnknown() {
				a.outcomeUnknown = append(a.outcomeUnknown, key)
			}
		case in.unknown:
			a.inputUnknown = append(a.inputUnknown, key)
			if e.Unsuccessful() {
				maybe++
			}
		case e.InputSHA256.ValueString() != in.digest:
			a.run = append(a.run, key)
			if e.unfinished() {
				a.replace = append(a.replace, key)
			}
		case e.Live():
			a.resume = append(a.resume, key)
		case e.Unsuccessful():
			bad = append(bad, key)
		case e.Lost() && m.ExpiryFails():
			lost = append(lost, key)
		}
	}
	failed := kept + len(bad)
	if m.OnExpired.IsUnknown() {
		maybe += len(lost)
	} else {
		failed += len(lost)
	}
	decide := func(keys []string, d decision) (again []string) {
		switch d {
		case always:
			a.run = append(a.run, keys...)
			return keys
		case perhaps:
			a.undecided = append(a.undecided, keys...)
		case never:
		}
		return nil
	}
	a.again = decide(bad, m.rerunsFailed(m.OnFailure, failed, maybe, len(inputs)))
	a.lost = decide(lost, m.rerunsFailed(m.OnExpired, failed, maybe, len(inputs)))
	slices.Sort(a.run)
	for _, key := range slices.Sorted(maps.Keys(stored.entries)) {
		if _, ok := inputs[key]; !ok {
			a.remove = append(a.remove, key)
		}
	}
	return a
}

// decision is what is known before the apply about a yes-or-no question.
type decision int

const (
	never decision = iota
	perhaps
	always
)

// rerunsFailed decides whether failed or expired keys run again: if more of total have
// failed than min_success_ratio allows and policy, which is on_failure or on_expired,
// is "error". maybe is how many further keys may have failed.
func (m *resourceModel) rerunsFailed(policy types.String, failed, maybe, total int) decision {
	switch {
	case policy.ValueString() == jobmodel.FailWarn:
		return never
	case m.MinSuccessRatio.IsUnknown():
		return perhaps
	case failed+maybe <= m.tolerated(total):
		return never
	case policy.IsUnknown() || failed <= m.tolerated(total):
		return perhaps
	default:
		return always
	}
}

// open returns the keys whose results are known only after apply.
func (a *changes) open() map[string]bool {
	open := make(map[string]bool)
	for _, keys := range [][]string{a.run, a.resume, a.inputUnknown, a.undecided} {
		for _, key := range keys {
			open[key] = true
		}
	}
	return open
}
