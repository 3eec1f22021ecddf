package ledger

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"time"
)

// state is how far a submission has got, and who has its job.
//
// A create that does not fail moves its entry from intent over accepted to returned.
// The entry is gone when the process ends, because Terraform has stored what was
// returned. A create that fails leaves a tainted resource. Its entry is kept after the
// end of the process, for the create that replaces the resource:
//
//	state     begins with                                    ends with
//	intent    Sending                                        Accepted: accepted
//	                                                         NotAccepted: gone
//	                                                         Returned, with an unknown outcome: returned
//	accepted  Accepted                                       Returned: returned
//	          Claim of an orphan                             Failed: failed
//	                                                         Release: offered
//	                                                         Seen in a healthy resource: gone
//	returned  Returned                                       the end of the process: gone
//	                                                         Seen in a healthy resource: gone
//	failed    Failed                                         Seen in a tainted resource: stored
//	                                                         Claim: accepted
//	stored    Seen in a tainted resource                     Claim: taken
//	                                                         Remove, if its replacement took an equal job: offered
//	offered   Offer or Release, for the next create          Claim: accepted
//	taken     Claim of a stored job                          Remove of the tainted resource: removed
//	removed   Remove of the tainted resource                 the end of the process: gone
//	                                                         Seen only in a healthy resource: gone
//
// In addition, Drop deletes a record in any state. Remove deletes the claimable entries
// of the resource's jobs, except for jobs that another resource has taken over. Forget
// deletes all entries of a job. Entries older than maxAge are ignored and deleted.
//
// If the process dies, its entries stay as they are, and are orphans. [Ledger.Claim]
// moves an orphan to the file of the claiming process, as accepted, or as intent if it
// has no ID. Of a stored one, it moves a copy, and leaves the entry behind as taken.
type state string

const (
	intent   state = "intent"   // the request may have been sent; no ID is known
	accepted state = "accepted" // the ID is known; Terraform does not know the job yet
	returned state = "returned" // returned to Terraform, which may not have stored it yet
	failed   state = "failed"   // returned with an error: if Terraform has stored that, a tainted resource has the job
	stored   state = "stored"   // a refresh has seen the tainted resource with the job
	offered  state = "offered"  // left for the next create: the resource with the job is being replaced
	taken    state = "taken"    // the tainted resource is still there, and another one has taken over its job
	removed  state = "removed"  // the tainted resource has been removed since, which Terraform may not have stored yet
	gone     state = "gone"     // nothing to remember
)

// claimable reports whether a create may take over an orphan in this state. States
// that only a later version knows are not claimable.
func (s state) claimable() bool {
	switch s {
	case intent, accepted, returned, failed, stored, offered:
		return true
	case taken, removed, gone:
	}
	return false
}

// takenOver reports whether the job belongs to another resource than the one that the
// entry is about.
func (s state) takenOver() bool { return s == taken || s == removed }

const (
	// maxAge is how long an entry is kept. No job lives longer than a week.
	maxAge = 8 * 24 * time.Hour
	// maxLine and maxFile are the most bytes that are read of a line and of a file.
	maxLine = 16 << 10
	maxFile = 64 << 20
	// maxID is the length in bytes of the longest ID that is recorded.
	maxID = 4 << 10
)

// Fingerprint is a digest of everything that determines the result of a submission.
// Submissions with the same fingerprint are interchangeable.
type Fingerprint [sha256.Size]byte

// NewFingerprint returns the fingerprint of a list of strings. Their order and number
// count: "ab" differs from "a", "b".
func NewFingerprint(parts ...string) Fingerprint {
	h := sha256.New()
	for _, part := range parts {
		_ = binary.Write(h, binary.BigEndian, uint64(len(part)))
		_, _ = io.WriteString(h, part)
	}
	return Fingerprint(h.Sum(nil))
}

// String returns the fingerprint in hexadecimal.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// salt is the random part of a mark, so that equal fingerprints have different marks
// in different files.
type salt [16]byte

func newSalt() (s salt) {
	_, _ = rand.Read(s[:]) // never fails
	return s
}

// mark returns the salted hash that a file has in place of a fingerprint.
func (s salt) mark(f Fingerprint) string {
	h := hmac.New(sha256.New, s[:])
	_, _ = h.Write(f[:])
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// markSpace returns the salted hash of this process's [processSpace].
func (s salt) markSpace() string { return s.mark(NewFingerprint(processSpace())) }

// version is the version of the file format.
const version = 1

// header is the first line of a file.
type header struct {
	Version int    `json:"ledger"`
	Salt    string `json:"salt"`
	Parent  int    `json:"parent,omitempty"` // process ID of the CLI
	Space   string `json:"space,omitempty"`  // salted hash of the processSpace in which Parent is valid
}

// salt returns the salt of the file.
func (h *header) salt() (s salt) {
	raw, _ := hex.DecodeString(h.Salt)
	copy(s[:], raw)
	return s
}

// sameSpace reports whether Parent is valid in this process. In another container or
// on another machine, the same ID belongs to another process, or to none.
func (h *header) sameSpace() bool { return h.Space == h.salt().markSpace() }

// entry is one submission, as it is in a line of a file.
type entry struct {
	Nonce    string    `json:"nonce"` // identifies the submission; fingerprints may be equal
	State    state     `json:"state"`
	Kind     string    `json:"kind,omitempty"`
	Endpoint string    `json:"endpoint,omitempty"`
	Mark     string    `json:"mark,omitempty"` // salted hash of the fingerprint
	At       time.Time `json:"at,omitzero"`
	ID       string    `json:"id,omitempty"`
}

// content is what a file says. Of each entry, the last line counts.
type content struct {
	version        int  // 0 if the first line is not a header
	headerComplete bool // whether the first line ends with a newline
	salt           salt
	entries        map[string]entry // by nonce
	order          []string         // nonces in order of their first line
}

// prune removes the nonces of deleted entries from the order.
func (c *content) prune() {
	c.order = slices.DeleteFunc(c.order, func(nonce string) bool { _, found := c.entries[nonce]; return !found })
}

// parse reads a file. It skips lines that are not valid, such as one that was cut off.
func parse(r io.Reader) content {
	c := content{entries: make(map[string]entry)}
	lines := bufio.NewReaderSize(io.LimitReader(r, maxFile), maxLine)
	for first := true; ; first = false {
		line, tooLong, err := readLine(lines)
		if err != nil {
			return c
		}
		if first {
			c.headerComplete = true
			var h header
			if json.Unmarshal(line, &h) == nil {
				c.salt, c.version = h.salt(), h.Version
			}
			continue
		}
		var e entry
		if tooLong || json.Unmarshal(line, &e) != nil || e.Nonce == "" || e.State == "" || len(e.ID) > maxID {
			continue
		}
		if _, known := c.entries[e.Nonce]; !known {
			c.order = append(c.order, e.Nonce)
		}
		c.entries[e.Nonce] = e
	}
}

// parseHeader reads the header of a file, and returns the zero header if there is none.
func parseHeader(r io.Reader) (h header) {
	line, _, err := readLine(bufio.NewReader(io.LimitReader(r, maxLine)))
	if err != nil || json.Unmarshal(line, &h) != nil {
		return header{}
	}
	return h
}

// readLine returns the next line without the space around it. It fails with io.EOF for
// a last line without a newline. Of a line that is too long, it returns the beginning.
func readLine(r *bufio.Reader) (line []byte, tooLong bool, err error) {
	line, err = r.ReadSlice('\n')
	if err == bufio.ErrBufferFull { //nolint:errorlint // bufio does not wrap it
		tooLong = true
		for err == bufio.ErrBufferFull { //nolint:errorlint // the same
			_, err = r.ReadSlice('\n')
		}
	}
	return bytes.TrimSpace(line), tooLong, err
}

// encode returns a header or an entry as a line of a file.
func encode(v any) []byte {
	line, _ := json.Marshal(v) // never fails for strings and times
	return append(line, '\n')
}
