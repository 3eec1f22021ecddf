package ledger

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"slices"
	"sync"
	"time"
)

// Options say where a ledger is and what it uses.
type Options struct {
	// Dir is the folder; "" keeps everything in memory.
	Dir string
	// Log is called once with why the folder cannot be used. It may be nil.
	Log func(err error)
	// Now is the clock, time.Now when nil.
	Now func() time.Time
	// Step is called before each change of the folder and named after it. An error
	// that it returns is the error of that change. It is for tests, and may be nil.
	Step func(name string) error
}

// Ledger remembers submissions. It is safe for concurrent use. Its methods
// return no errors: where the folder cannot be used, a ledger works in memory.
type Ledger struct {
	o    Options
	salt salt

	mu      sync.Mutex
	folder  *folder // nil when there is none
	off     bool    // the folder cannot be used
	file    *os.File
	name    string              // of the file
	torn    bool                // the last write may have left a part of a line
	own     map[string]*Record  // but for those that were returned, or removed
	settled []string            // the nonces of these
	shared  map[string]bool     // ids that this run took over from a process that had died
	traded  []trade             // jobs that this run took over from resources that are still there
	claimed map[string]bool     // nonces and ids of orphans that this run took over
	held    map[string]*os.File // orphans' files that are kept locked, by name
	orphans []orphan            // as last seen
	seenAt  time.Time           // what the folder looked like then
	looked  int                 // how often
	dying   []string            // files of processes that were about to end then
	awaited map[string]bool     // those that were waited for
	waited  time.Duration       // for how long in all
	holders map[string]holders  // of jobs in removed entries, by id
}

// trade is a job that was taken over from a resource which holds it.
type trade struct {
	kind, endpoint string
	fingerprint    Fingerprint
	id             string
}

// holders are the resources in a state that a refresh has seen with one job.
type holders struct{ failed, healthy bool }

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

// New returns a ledger. Nothing is read or made before it is needed.
func New(o Options) *Ledger {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Step == nil {
		o.Step = func(string) error { return nil }
	}
	return &Ledger{o: o, salt: newSalt(), own: make(map[string]*Record), shared: make(map[string]bool), claimed: make(map[string]bool), held: make(map[string]*os.File), holders: make(map[string]holders), awaited: make(map[string]bool)}
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

// append writes lines to the file of this process, and reports whether they are
// there. The caller holds the mutex.
func (l *Ledger) append(entries ...entry) bool {
	if !l.open(true) {
		return false
	}
	var lines []byte
	if l.torn {
		lines = append(lines, '\n')
	}
	for _, e := range entries {
		lines = append(lines, encode(e)...)
	}
	err := l.folder.write(l.file, lines)
	l.torn = err != nil
	l.report(err)
	return err == nil
}

// open makes the folder usable, and with file the file of this process as well.
func (l *Ledger) open(file bool) bool {
	if l.off || l.o.Dir == "" {
		return false
	}
	if l.folder == nil {
		f, err := openFolder(l.o.Dir, file, l.o.Step)
		if err != nil {
			l.off = true
			l.report(err)
		}
		if f == nil {
			return false
		}
		l.folder = f
	}
	if !file || l.file != nil {
		return true
	}
	unlock, err := l.folder.lock() // else another process could take the file for an orphan
	if err == nil {
		defer unlock()
		l.name = newNonce() + newNonce() + suffix
		l.file, err = l.folder.create(l.name)
	}
	if err == nil {
		err = l.folder.write(l.file, encode(header{Version: version, Salt: hex.EncodeToString(l.salt[:]), Parent: os.Getppid(), Space: l.salt.markSpace()}))
	}
	if err != nil {
		l.report(err)
		if l.file != nil {
			_ = l.file.Close()
			_ = l.folder.remove(l.name)
		}
		l.file, l.off = nil, true
	}
	return err == nil
}

func (l *Ledger) report(err error) {
	if err != nil && l.o.Log != nil {
		l.o.Log(err)
		l.o.Log = nil
	}
}

// Close ends the use of the ledger in an orderly way: Terraform has stored what
// was returned to it. The ledger must not be used after it.
func (l *Ledger) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settleHeld()
	if l.file != nil {
		l.closeFile()
	} else {
		l.settleRemoved()
	}
	l.closeFolder()
	l.folder, l.off = nil, true
}

func (l *Ledger) closeFile() {
	if len(l.own) > 0 { // what other resources may take over, or what was cut off
		entries := make([]entry, len(l.settled))
		for i, nonce := range l.settled {
			entries[i] = entry{Nonce: nonce, State: gone}
		}
		if len(entries) > 0 {
			l.append(entries...)
		}
		_ = l.file.Close()
		return
	}
	unlock, err := l.folder.lock() // nobody must find the file between the two steps
	_ = l.file.Close()
	if err == nil {
		defer unlock()
		err = l.folder.remove(l.name)
	}
	l.report(err)
}

// Abandon leaves the folder as the death of the process would. It is for tests.
func (l *Ledger) Abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_ = l.file.Close()
	}
	l.closeFolder()
	l.folder, l.file, l.off = nil, nil, true
}

func (l *Ledger) closeFolder() {
	for _, file := range l.held {
		_ = file.Close()
	}
	if l.folder != nil {
		_ = l.folder.root.Close()
	}
}

// Registry holds the ledgers of a process, one for each folder. Its zero value
// keeps everything in memory.
type Registry struct {
	// Options are those of each ledger, but for the folder.
	Options Options
	// Persist makes the ledgers use their folders.
	Persist bool

	mu   sync.Mutex
	open map[string]*Ledger
}

// Open returns the ledger in a folder, "" for none.
func (r *Registry) Open(dir string, log func(error)) *Ledger {
	if !r.Persist {
		dir = ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.open[dir]; l != nil {
		l.begin()
		return l
	}
	o := r.Options
	o.Dir = dir
	if o.Log == nil {
		o.Log = log
	}
	if r.open == nil {
		r.open = make(map[string]*Ledger)
	}
	r.open[dir] = New(o)
	return r.open[dir]
}

// begin begins another run of Terraform in the same process, as with a debugger.
func (l *Ledger) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.shared)
	clear(l.claimed)
	l.traded = nil
	clear(l.holders)
	for _, r := range l.own {
		r.earlier = true
	}
}

// Close closes all ledgers.
func (r *Registry) Close() { r.each((*Ledger).Close) }

// Abandon abandons all ledgers. It is for tests.
func (r *Registry) Abandon() { r.each((*Ledger).Abandon) }

func (r *Registry) each(do func(*Ledger)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.open {
		do(l)
	}
	r.open = nil
}

// without returns ids without duplicates and empty ones.
func without(ids []string) []string {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	slices.Sort(ids)
	return slices.Compact(ids)
}
