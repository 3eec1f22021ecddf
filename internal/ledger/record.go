package ledger

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// Record is one submission of this process. The methods that change it do nothing on a
// nil Record.
type Record struct {
	ledger      *Ledger
	nonce       string
	state       state // "" before the first Sending or Accepted
	kind        string
	endpoint    string
	fingerprint Fingerprint
	at          time.Time
	id          string
	result      any
	earlier     bool // from an earlier Terraform run that the same process served
}

// Begin returns the record of a submission that is about to be made. It writes nothing;
// [Record.Sending] does.
func (l *Ledger) Begin(kind, endpoint string, f Fingerprint) *Record {
	if l == nil {
		return nil
	}
	return &Record{ledger: l, nonce: newNonce(), kind: kind, endpoint: endpoint, fingerprint: f}
}

// nonceBytes is the size of a nonce in bytes. The name of a file consists of two
// nonces.
const nonceBytes = 8

func newNonce() string {
	var raw [nonceBytes]byte
	_, _ = rand.Read(raw[:]) // never fails
	return hex.EncodeToString(raw[:])
}

// JobID returns the ID of the job, "" if it is not known.
func (r *Record) JobID() string { return r.id }

// SubmittedAt returns when the request was about to be sent first, to the second, in UTC.
func (r *Record) SubmittedAt() time.Time { return r.at }

// Result returns the Result of the [Offered] job that this record claimed, or nil if
// another process offered it.
func (r *Record) Result() any { return r.result }

// Sending records that the request is about to be sent. It can be called again for
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
	r.setState(intent)
}

// NotAccepted records that the last attempt has certainly not created a job.
func (r *Record) NotAccepted() { r.transition(gone) }

// Accepted records the ID of the job. An ID longer than 4 KiB is not recorded.
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
	r.setState(accepted)
}

// Returned records that the result is returned to Terraform: a resource that is not
// tainted, or an error about a submission whose outcome is unknown.
func (r *Record) Returned() { r.transition(returned) }

// Failed records that a tainted resource with the job is returned to Terraform. The
// resource that replaces it may take over the job.
func (r *Record) Failed() { r.transition(failed) }

// Release offers the job to the next create that claims it.
func (r *Record) Release() { r.transition(offered) }

// Drop deletes the record.
func (r *Record) Drop() { r.transition(gone) }

// transition is setState for a record that has been written.
func (r *Record) transition(s state) {
	if r == nil {
		return
	}
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	if r.state != "" && r.state != gone { // otherwise there is nothing to remember
		r.setState(s)
	}
}

// setState changes the state of the record and writes it to the file. The caller holds
// the mutex.
func (r *Record) setState(s state) {
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

// entry returns the line about the record.
func (r *Record) entry() entry {
	if r.state == gone {
		return entry{Nonce: r.nonce, State: gone}
	}
	return entry{
		Nonce: r.nonce, State: r.state, Kind: r.kind, Endpoint: r.endpoint,
		Mark: r.ledger.salt.mark(r.fingerprint), At: r.at, ID: r.id,
	}
}
