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
	"time"
)

// state is how far a submission has got.
type state string

const (
	intent   state = "intent"   // the request may be on its way; there is no id yet
	accepted state = "accepted" // the id is known, and no state holds it
	returned state = "returned" // it was returned to Terraform, which may not have stored it yet
	failed   state = "failed"   // it was returned with an error: a tainted resource holds it, if Terraform has stored that
	stored   state = "stored"   // as failed, and a state holds that resource
	offered  state = "offered"  // the resource that held it was removed to be replaced
	taken    state = "taken"    // as stored, and another resource has taken the job over
	removed  state = "removed"  // as taken, and the resource that had held it was removed, which Terraform may not have stored
	gone     state = "gone"     // nothing is to be remembered
)

// claimable reports whether a create may take over an orphan in this state. There
// may be states that only a later version knows.
func (s state) claimable() bool {
	switch s {
	case intent, accepted, returned, failed, stored, offered:
		return true
	case taken, removed, gone:
	}
	return false
}

// takenOver reports whether another resource has the job of an entry in this state.
func (s state) takenOver() bool { return s == taken || s == removed }

const (
	// maxAge is how long an entry is worth something: no job lives longer than a week.
	maxAge = 8 * 24 * time.Hour
	// maxLine and maxFile bound what is read of a file.
	maxLine = 16 << 10
	maxFile = 64 << 20
	// maxID is the length of the longest id that is recorded.
	maxID = 4 << 10
)

// Fingerprint stands for all that decides about the result of a submission.
type Fingerprint [sha256.Size]byte

// NewFingerprint returns the fingerprint of a list of texts.
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

// salt keeps equal fingerprints in different files apart.
type salt [16]byte

func newSalt() (s salt) {
	_, _ = rand.Read(s[:]) // never fails
	return s
}

// mark is what a file holds of a fingerprint.
func (s salt) mark(f Fingerprint) string {
	h := hmac.New(sha256.New, s[:])
	_, _ = h.Write(f[:])
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// markSpace is what a file holds of where the ids of processes count.
func (s salt) markSpace() string { return s.mark(NewFingerprint(processSpace())) }

// version is that of the files that are written and read.
const version = 1

// header is the first line of a file.
type header struct {
	Version int    `json:"ledger"`
	Salt    string `json:"salt"`
	Parent  int    `json:"parent,omitempty"` // process id of Terraform
	Space   string `json:"space,omitempty"`  // where that id counts, by the salt
}

// salt returns the salt of the file.
func (h *header) salt() (s salt) {
	raw, _ := hex.DecodeString(h.Salt)
	copy(s[:], raw)
	return s
}

// here reports whether the parent's id counts in this process: in another container,
// or on another machine, it is that of another process or of none.
func (h *header) here() bool { return h.Space == h.salt().markSpace() }

// entry is one submission, and a line of a file.
type entry struct {
	Nonce    string    `json:"nonce"` // tells submissions with equal fingerprints apart
	State    state     `json:"state"`
	Kind     string    `json:"kind,omitempty"`
	Endpoint string    `json:"endpoint,omitempty"`
	Mark     string    `json:"mark,omitempty"` // of the fingerprint, by the file's salt
	At       time.Time `json:"at,omitzero"`
	ID       string    `json:"id,omitempty"`
}

// content is what a file says: the last line about each entry.
type content struct {
	version int  // 0 where the first line is no header
	whole   bool // whether the first line is whole
	salt    salt
	entries map[string]entry // by nonce
	order   []string         // nonces as they first appear
}

// parse reads a file. It skips what is no line of a ledger, such as one that was
// cut off.
func parse(r io.Reader) content {
	c := content{entries: make(map[string]entry)}
	lines := bufio.NewReaderSize(io.LimitReader(r, maxFile), maxLine)
	for first := true; ; first = false {
		line, tooLong, err := readLine(lines)
		if err != nil {
			return c
		}
		if first {
			c.whole = true
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

// parseHeader reads the first line of a file; it is empty when that is none.
func parseHeader(r io.Reader) (h header) {
	line, _, err := readLine(bufio.NewReader(io.LimitReader(r, maxLine)))
	if err != nil || json.Unmarshal(line, &h) != nil {
		return header{}
	}
	return h
}

// readLine returns a whole line; one that is cut off by the end of the file is
// none. A line that is too long is returned in part.
func readLine(r *bufio.Reader) (line []byte, tooLong bool, err error) {
	line, err = r.ReadSlice('\n')
	if err == bufio.ErrBufferFull { //nolint:errorlint // bufio returns it as it is
		tooLong = true
		for err == bufio.ErrBufferFull { //nolint:errorlint // the same
			_, err = r.ReadSlice('\n')
		}
	}
	return bytes.TrimSpace(line), tooLong, err
}

// encode returns a line of a file.
func encode(v any) []byte {
	line, _ := json.Marshal(v) // of strings and times, which never fails
	return append(line, '\n')
}
