package jobmodel

import (
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// FailedCreations remembers the jobs of resources whose creation failed, from
// their refresh to the plan. Terraform plans the replacement of a tainted resource
// like a creation, without its state, and so the plan learns from here what the
// apply will take over. It decides nothing: a plan without a refresh knows less.
type FailedCreations struct {
	mu   sync.Mutex
	live map[ledger.Fingerprint]bool
}

// Add adds a job that is unfinished or completed.
func (c *FailedCreations) Add(f ledger.Fingerprint, live bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live == nil {
		c.live = make(map[ledger.Fingerprint]bool)
	}
	c.live[f] = live
}

// Find reports whether there is such a job, and whether it is unfinished.
func (c *FailedCreations) Find(f ledger.Fingerprint) (live, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	live, found = c.live[f]
	return live, found
}

// Titles and paragraphs about what an earlier apply had submitted.
const (
	TitleTakenOver      = "Took over what an earlier apply had submitted"
	TitleEarlierFailed  = "What an earlier apply had submitted has failed"
	TitleEarlierLost    = "What an earlier apply had submitted is lost"
	TitleEarlierUnknown = "Outcome of an earlier submission unknown"

	takenOverText = "An earlier apply submitted this with the same arguments, and ended before Terraform had stored the result, or with an error while the work was under way. This apply waits for its end and submits nothing.\n\n" +
		"To run it again instead, change a value in triggers."
	earlierFailedText = "It did not complete, and no earlier apply lived to say so. It is run again."
	earlierLostText   = "The API no longer knows it: its result has expired, its ttl ran out, or the queue was purged. The apply that submitted it ended before it could store the result. It is run again."

	// EarlierUnknownText explains an entry without an id.
	EarlierUnknownText = "An earlier apply died after it had begun this submission and before it knew the id. Whether the API accepted it is not known, and nothing was sent again, because that could do the work, and cost, twice."
)

// ReportTakenOver reports that a job or batch was taken over. about holds its facts.
func ReportTakenOver(about *diagnose.Text, submittedAt time.Time, diags *diag.Diagnostics) {
	diags.AddWarning(TitleTakenOver, earlier(about, submittedAt).Paragraph("%s", takenOverText).String())
}

// ReportEarlierFailed reports that a job which was to be taken over had failed.
func ReportEarlierFailed(about *diagnose.Text, submittedAt time.Time, diags *diag.Diagnostics) {
	diags.AddWarning(TitleEarlierFailed, earlier(about, submittedAt).Paragraph("%s", earlierFailedText).String())
}

// ReportEarlierLost reports that the API no longer knows what was to be taken over.
func ReportEarlierLost(about *diagnose.Text, submittedAt time.Time, diags *diag.Diagnostics) {
	diags.AddWarning(TitleEarlierLost, earlier(about, submittedAt).Paragraph("%s", earlierLostText).String())
}

func earlier(about *diagnose.Text, submittedAt time.Time) *diagnose.Text {
	if submittedAt.IsZero() { // of several
		return about
	}
	return about.Field("Submitted", moment(submittedAt).ValueString())
}

// ReportEarlierUnknown reports a submission of an earlier apply whose outcome
// is not known.
func ReportEarlierUnknown(endpointID string, submittedAt time.Time, health string, diags *diag.Diagnostics) {
	diags.AddError(TitleEarlierUnknown, earlier(diagnose.Job(endpointID, ""), submittedAt).
		Field("Health of the endpoint now", health).
		Paragraph("%s", EarlierUnknownText).
		Paragraph("To fix this: %s This error is shown once.", LookFirst(endpointID, "you apply again, because the next apply submits a new job")).String())
}
