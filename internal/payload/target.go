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

// The encodings of a [Target].
const (
	EncodingJSON   = "json"   // the JSON
	EncodingText   = "text"   // the text of a JSON string
	EncodingBase64 = "base64" // the bytes that a JSON string has in base64
)

// Selector selects a part of a JSON value.
type Selector interface {
	Select(raw json.RawMessage) (json.RawMessage, error)
}

// Target is a file for an output, or for a part of it, in one of the encodings.
type Target struct {
	Path     string
	Select   Selector // nil for the whole output; its JSON is then written byte for byte
	Encoding string
}

// Whole reports whether the file has the output byte for byte.
func (t Target) Whole() bool { return t.Select == nil && t.Encoding == EncodingJSON }

// errNotAString is the error for encodings that need a string.
var errNotAString = errors.New("what was selected is not a string")

// Write writes the file and returns its SHA-256 digest in hexadecimal. An existing file
// is replaced only when the new one is complete, and stays after an error.
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

// content returns the content of the file. It avoids copies, because outputs may have many
// megabytes, and many may be written at the same time.
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

// base64Reader replaces errors by one that contains no data.
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

// FileDigest returns the SHA-256 digest of a regular file in hexadecimal; "" if there is no
// such file, or if it cannot be read. It does not follow a symbolic link.
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
	if _, err := io.CopyBuffer(hash, struct{ io.Reader }{file}, buffer[:]); err != nil { // the wrapper hides File.WriteTo, which allocates a buffer
		return ""
	}
	return hex.EncodeToString(hash.Sum(nil))
}

type readBuffer [32 << 10]byte

// readBuffers are buffers for reading files: one refresh may read thousands.
var readBuffers = sync.Pool{New: func() any { return new(readBuffer) }}
