package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// KeyList is a list of keys of a set, each with its job and a remark.
type KeyList []keyNote

// keyNote is a key with its job and a remark, which may be "".
type keyNote struct{ key, jobID, more string }

// Add adds a key. The job and the remark may be "".
func (l *KeyList) Add(key, jobID, more string) { *l = append(*l, keyNote{key, jobID, more}) }

func (n keyNote) String() string {
	text := n.key
	if n.jobID != "" {
		text += " (job " + n.jobID + ")"
	}
	if n.more != "" {
		text += ": " + n.more
	}
	return text
}

// sorted returns the list in the order of the keys.
func (l KeyList) sorted() KeyList {
	return slices.SortedFunc(slices.Values(l), func(a, b keyNote) int {
		return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.jobID, b.jobID), strings.Compare(a.more, b.more))
	})
}

// names returns the keys of the list.
func (l KeyList) names() []string {
	names := make([]string, len(l))
	for i, n := range l.sorted() {
		names[i] = n.key
	}
	return names
}

// on adds the list to a text.
func (l KeyList) on(text *detail, title string) {
	if len(l) == 0 {
		return
	}
	var lines []string
	for _, n := range l.sorted()[:min(len(l), shown)] {
		lines = append(lines, n.String())
	}
	if more := len(l) - shown; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	text.paragraph("%s: %d\n  %s", title, len(l), strings.Join(lines, "\n  "))
}

// SetKeys are keys of a set, each with its job.
type SetKeys struct {
	Endpoint string
	Keys     KeyList
}

func (s SetKeys) facts() *detail {
	text := Endpoint(s.Endpoint).facts().field("Keys", fmt.Sprintf("%d: %s", len(s.Keys), firstOf(s.Keys.names())))
	s.Keys.on(text, "Jobs")
	return text
}

// WarnedKeys is a warning that concerns several keys. First is the warning about the
// first of them.
type WarnedKeys struct {
	Keys  KeyList
	First Message
}

// Message returns the one warning about all of them.
func (w WarnedKeys) Message() Message {
	text := new(detail)
	w.Keys.on(text, "Keys")
	return text.paragraph("About the first of them:\n\n%s", w.First.Detail).titled(w.First.Title)
}

// ForKey returns a message about the input with a key.
func ForKey(key string, m Message) Message {
	return Message{m.Title, fmt.Sprintf("Key: %s\n\n%s", key, m.Detail)}
}

// Set is the set that a message is about.
type Set struct{ Endpoint string }

func (s Set) facts() *detail { return Endpoint(s.Endpoint).facts() }

// KeptByInterrupt is the message about a set whose deletion was interrupted before a
// replacement could take its jobs over.
func (s Set) KeptByInterrupt(jobs int) Message {
	return s.facts().field("Jobs", fmt.Sprintf("%d that are running or completed", jobs)).
		paragraph("The interrupt came before the set that replaces this one could take over its jobs. The set stays in the state.\n\nTo fix this: apply again, or destroy again.").titled("Interrupted; the set is kept")
}

// ReadFailed is the message about an API error when reading the jobs.
func (s Set) ReadFailed(err error) Message {
	return s.facts().explain(err).titled("Unable to read the jobs")
}

// FilesNotRestored is the message about an API error when files are to be written
// again.
func (s Set) FilesNotRestored(err error) Message {
	return s.facts().explain(err).paragraph("The set is kept as it was; the next apply tries again.").titled("Unable to read the outputs again")
}

// FilesUnrestorable is the message about keys whose outputs the API has forgotten.
func (s Set) FilesUnrestorable(keys KeyList) Message {
	text := s.facts()
	keys.on(text, "Keys")
	return text.paragraph(adviceUnrestorable).titled(titleUnrestorable)
}

// ResumesWaiting is the warning that an apply waits for stored jobs.
func (s Set) ResumesWaiting(keys []string) Message {
	return s.about(keys).paragraph("The jobs were submitted by an earlier apply and have not ended. This apply waits for their end; it does not submit them again.").titled("Resumes waiting for jobs")
}

// RestoresFiles is the warning that an apply writes files again.
func (s Set) RestoresFiles(keys []string) Message {
	return s.about(keys).paragraph("Files are missing, or have different content from the jobs' outputs. This apply reads the results again and writes them; it submits nothing for these keys.").titled(titleRestores)
}

// RunsFailedAgain is the warning about new jobs in place of failed ones.
func (s Set) RunsFailedAgain(keys []string) Message {
	return s.about(keys).paragraph("More jobs failed than min_success_ratio allows and on_failure is \"error\", so new jobs are run for these keys. Set on_failure = \"warn\" to keep the failed ones.").titled("Runs failed jobs again")
}

// RunsExpiredAgain is the warning about new jobs in place of expired ones.
func (s Set) RunsExpiredAgain(keys []string) Message {
	return s.about(keys).paragraph("The API forgot these jobs before their end was seen, more keys than min_success_ratio allows did not complete, and on_expired is \"error\", so new jobs are run for these keys. Set on_expired = \"warn\" to keep the expired ones.").titled("Runs expired jobs again")
}

func (s Set) about(keys []string) *detail {
	return s.facts().field("Keys", fmt.Sprintf("%d: %s", len(keys), firstOf(keys)))
}

// KeepsResults is the warning about what the replacement of a set whose creation
// failed takes over, although its plan shows every key as known after apply. left are
// the keys that it submits.
func (s Set) KeepsResults(completed, live int, left []string) Message {
	text := s.facts().field("Keys whose results are kept", strconv.Itoa(completed))
	if live > 0 {
		text.field("Keys whose jobs are waited for", strconv.Itoa(live))
	}
	if len(left) > 0 {
		text.field("Keys to submit", fmt.Sprintf("%d: %s", len(left), firstOf(left)))
	}
	return text.paragraph("The creation of the set ended with an error, so Terraform replaces it: its plan destroys one set and creates another, and shows every key as known after apply. Where the plan says \"is tainted, so must be replaced\", the apply nevertheless takes over the jobs that completed or are running, and submits only the other keys.\n\n" +
		"To run all keys again instead, change a value in triggers.").titled("Keeps the results of a set whose creation failed")
}

// SubmitsUnknownAgain is the warning about jobs for keys whose earlier submission may have been accepted.
func (s Set) SubmitsUnknownAgain(keys []string) Message {
	return s.about(keys).paragraph("A job may exist for each of these keys whose id Terraform does not know; this apply submits another one.\n\nTo fix this: look at the requests of the endpoint in the console before you apply, and cancel there what should not run.").titled("Submits jobs whose earlier submission had an unknown outcome")
}
