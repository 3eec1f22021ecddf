package payload

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// The encodings of a file. See [Target].
const (
	EncodingJSON   = "json"
	EncodingText   = "text"
	EncodingBase64 = "base64"
)

// Selector takes a part out of a JSON text.
type Selector interface {
	Select(raw json.RawMessage) (json.RawMessage, error)
}

// Target is a file that holds an output, or a part of it: as JSON; as the text of
// a JSON string; or as the bytes that a JSON string holds in base64.
type Target struct {
	Path     string
	Select   Selector // nil for the whole output, whose JSON is written as it was sent
	Encoding string
}

// Whole reports whether the file holds the output byte for byte.
func (t Target) Whole() bool { return t.Select == nil && t.Encoding == EncodingJSON }

// errNotAString ends the writing of what is no string as text or bytes.
var errNotAString = errors.New("what was selected is not a string")

// Write writes the file and returns its SHA-256 digest in hexadecimal. The file
// has its name when it is whole; with an error, what was there before stays.
func (t Target) Write(output json.RawMessage) (digest string, err error) {
	content, err := t.content(output)
	if err != nil {
		return "", err
	}
	file, err := CreateOutput(t.Path)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			file.Discard()
		}
	}()
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(file, hash), content); err != nil {
		return "", err
	}
	if err := file.Commit(); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// content returns what the file will hold. It copies as little as possible: an
// output may have many megabytes, and there may be many at once.
func (t Target) content(output json.RawMessage) (io.Reader, error) {
	selected := output
	if t.Select != nil {
		var err error
		if selected, err = t.Select.Select(output); err != nil {
			return nil, err
		}
	}
	if t.Encoding == EncodingJSON {
		return bytes.NewReader(selected), nil
	}
	text, err := stringOf(selected)
	if err != nil {
		return nil, err
	}
	if t.Encoding == EncodingText {
		return text, nil
	}
	return &base64Reader{base64.NewDecoder(base64.StdEncoding, text)}, nil
}

// stringOf returns the text of a JSON string.
func stringOf(raw json.RawMessage) (io.Reader, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) < 2 || raw[0] != '"' {
		return nil, errNotAString
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return bytes.NewReader(raw[1 : len(raw)-1]), nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, errNotAString
	}
	return strings.NewReader(text), nil
}

// base64Reader gives its errors words that hold nothing of the data.
type base64Reader struct{ io.Reader }

var errNotBase64 = errors.New("what was selected is not base64")

// Read implements io.Reader.
func (r *base64Reader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	var corrupt base64.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w (in the standard alphabet, with padding)", errNotBase64)
	}
	return n, err
}

// FileDigest returns the SHA-256 digest of a regular file in hexadecimal; "" when
// there is none that can be read. It does not follow a link.
func FileDigest(name string) string {
	name = filepath.Clean(name)
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := os.Open(name) //nolint:gosec // the user's own file is the point
	if err != nil {
		return ""
	}
	defer file.Close()
	buffer := readBuffers.Get().(*readBuffer) //nolint:forcetypeassert // the pool has no other
	defer readBuffers.Put(buffer)
	hash := sha256.New()
	if _, err := io.CopyBuffer(hash, struct{ io.Reader }{file}, buffer[:]); err != nil { // a file itself would copy with a buffer of its own
		return ""
	}
	return hex.EncodeToString(hash.Sum(nil))
}

type readBuffer [32 << 10]byte

// readBuffers are for reading files, of which there may be thousands in one refresh.
var readBuffers = sync.Pool{New: func() any { return new(readBuffer) }}
