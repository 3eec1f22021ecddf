package ledger

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// Record is one submission of this process. Its methods do nothing on a nil
// Record.
type Record struct {
	ledger      *Ledger
	nonce       string
	state       state // "" before anything was written
	kind        string
	endpoint    string
	fingerprint Fingerprint
	at          time.Time
	id          string
	result      any
	earlier     bool // of an earlier run of Terraform, where a process serves several
}

// Begin returns the record of a submission that is about to be made. Nothing is
// written before [Record.Sending].
func (l *Ledger) Begin(kind, endpoint string, f Fingerprint) *Record {
	if l == nil {
		return nil
	}
	return &Record{ledger: l, nonce: newNonce(), kind: kind, endpoint: endpoint, fingerprint: f}
}

// nonceBytes is the size of a nonce. Two of them are the name of a file.
const nonceBytes = 8

func newNonce() string {
	var raw [nonceBytes]byte
	_, _ = rand.Read(raw[:]) // never fails
	return hex.EncodeToString(raw[:])
}

// JobID returns the id of the job, "" when none is known.
func (r *Record) JobID() string { return r.id }

// SubmittedAt returns when the request was about to leave.
func (r *Record) SubmittedAt() time.Time { return r.at }

// Result returns what [Ledger.Offer] was given in this process, else nil.
func (r *Record) Result() any { return r.result }

// Sending notes that the request is about to leave. It may be called again for
// another attempt.
func (r *Record) Sending() {
	if r == nil {
		return
	}
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	if r.at.IsZero() {
		r.at = r.ledger.o.Now().UTC().Truncate(time.Second)
	}
	r.move(intent)
}

// NotAccepted notes that the last attempt has certainly made no job.
func (r *Record) NotAccepted() { r.change(gone) }

// Accepted notes the id of the job.
func (r *Record) Accepted(id string) {
	if r == nil {
		return
	}
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	if len(id) <= maxID {
		r.id = id
	}
	if r.at.IsZero() {
		r.at = r.ledger.o.Now().UTC().Truncate(time.Second)
	}
	r.move(accepted)
}

// Returned notes that Terraform gets what there is to know: the job in a state,
// or an error about a submission without an id.
func (r *Record) Returned() { r.change(returned) }

// Failed notes that Terraform gets a tainted resource with the job, which the
// resource that replaces it may take over.
func (r *Record) Failed() { r.change(failed) }

// Release leaves the job to the next create that claims it.
func (r *Record) Release() { r.change(offered) }

// Drop forgets the submission.
func (r *Record) Drop() { r.change(gone) }

func (r *Record) change(s state) {
	if r == nil {
		return
	}
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	if r.state != "" && r.state != gone { // else there is nothing to remember
		r.move(s)
	}
}

// move writes the record in a new state.
func (r *Record) move(s state) {
	l := r.ledger
	if r.state == s {
		return
	}
	r.state = s
	switch s {
	case gone:
		delete(l.own, r.nonce)
	case returned, removed:
		delete(l.own, r.nonce)
		l.settled = append(l.settled, r.nonce)
	default:
		l.own[r.nonce] = r
	}
	l.append(r.entry())
}

func (r *Record) entry() entry {
	if r.state == gone {
		return entry{Nonce: r.nonce, State: gone}
	}
	return entry{
		Nonce: r.nonce, State: r.state, Kind: r.kind, Endpoint: r.endpoint,
		Mark: r.ledger.salt.mark(r.fingerprint), At: r.at, ID: r.id,
	}
}
