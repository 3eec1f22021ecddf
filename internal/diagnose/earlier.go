package diagnose

import "time"

// subject is what a message is about.
type subject interface{ facts() *detail }

// Earlier is work that an earlier apply had submitted and not reported.
type Earlier struct {
	Work        subject   // a [Job], a [Batch] or [SetKeys]
	State       string    // its status, if it is informative
	SubmittedAt time.Time // zero for several
}

func (e Earlier) facts() *detail {
	text := e.Work.facts().field("State", e.State)
	if !e.SubmittedAt.IsZero() {
		text.field("Submitted", e.SubmittedAt.UTC().Truncate(time.Second).Format(time.RFC3339))
	}
	return text
}

// TakenOver is the message about work that this apply waits for.
func (e Earlier) TakenOver() Message {
	return e.facts().paragraph("An earlier apply submitted this with the same arguments, and ended before Terraform had stored the result, or with an error while the work was under way. This apply waits for its end and submits nothing.\n\n" +
		runAgain).titled(titleTakenOver)
}

// Unchanged is the message about work of a resource that was replaced because some of
// its arguments were unknown at plan, and turned out to be the same.
func (e Earlier) Unchanged() Message {
	return e.facts().paragraph("The plan replaced the resource while some of its arguments were known only after apply. They turned out to have the same values as before, so the result is kept and nothing is submitted. A -replace or a replace_triggered_by in the same plan looks the same to the provider.\n\n" +
		runAgain).titled(titleTakenOver)
}

const (
	titleTakenOver = "Took over what an earlier apply had submitted"
	runAgain       = "To run it again instead, change a value in triggers."
)

// Failed is the message about work that did not complete, and is run again.
func (e Earlier) Failed() Message {
	return e.facts().paragraph("It did not complete, and the earlier apply ended before it could report this. It is run again.").titled("What an earlier apply had submitted has failed")
}

// Lost is the message about work that the API no longer knows, and that is run again.
func (e Earlier) Lost() Message {
	return e.facts().paragraph("The API no longer knows it: its result has expired, its ttl ran out, or the queue was purged. The apply that submitted it ended before it could store the result. It is run again.").titled("What an earlier apply had submitted is lost")
}

// EarlierUnknown is the message about a submission of an earlier apply with an unknown
// outcome. health is the endpoint's health at this moment, or "".
func (j Job) EarlierUnknown(submittedAt time.Time, health string) Message {
	return Earlier{Work: j, SubmittedAt: submittedAt}.facts().field("Health of the endpoint now", health).
		earlierUnknown(j.Endpoint, JobResource.Again).titled(titleEarlierUnknown)
}

// EarlierUnknown is the same for several keys.
func (s SetKeys) EarlierUnknown(health string) Message {
	text := Endpoint(s.Endpoint).facts().field("Health of the endpoint now", health)
	s.Keys.on(text, "Keys")
	return text.earlierUnknown(s.Endpoint, setAgain).titled(titleEarlierUnknown)
}

// EarlierUnknownText is what a set stores as the error of such a key.
const EarlierUnknownText = "An earlier apply was killed after it started this submission and before it received the id. Whether the API accepted it is not known, and nothing was sent again, because that could do the work, and cost, twice."

const titleEarlierUnknown = "Outcome of an earlier submission unknown"

func (t *detail) earlierUnknown(endpoint, again string) *detail {
	return t.paragraph(EarlierUnknownText).
		paragraph("To fix this: %s This error is shown once.", lookFirst(endpoint, again))
}
