package payload

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// maxInputLine is the maximum length of a line of an inputs file in bytes: the largest
// input that the API accepts, and its key.
const maxInputLine = 10<<20 + 64<<10

// maxLineErrors is how many invalid lines are reported.
const maxLineErrors = 10

// InputsFile is an inputs file: JSON Lines such as {"key": "a", "input": {…}}. It has the
// keys and digests in memory, and reads an input when it is needed.
type InputsFile struct {
	path   string
	inputs map[string]storedInput
}

// storedInput is the position of an input in the file, and its digest.
type storedInput struct {
	line   int
	offset int64
	digest [sha256.Size]byte // of its compact JSON
}

// ReadInputs reads an inputs file. accept returns why an input cannot be submitted, or ""
// if it can. The errors are an error of the file, or a [*LineError] for each of the first
// ten invalid lines.
func ReadInputs(path string, accept func(input json.RawMessage) string) (*InputsFile, []error) {
	f := &InputsFile{path: path, inputs: make(map[string]storedInput)}
	var errs []error
	var compact bytes.Buffer
	for line, err := range lines(path, maxInputLine) {
		if err == nil {
			err = f.add(line, &compact, accept)
		}
		if err != nil {
			if errs = append(errs, err); len(errs) == maxLineErrors {
				break
			}
		}
	}
	return f, errs
}

func (f *InputsFile) add(line line, compact *bytes.Buffer, accept func(json.RawMessage) string) error {
	key, input, reason := parseInput(line.raw, compact)
	if reason == "" {
		reason = accept(input)
	}
	if first, twice := f.inputs[key]; reason == "" && twice {
		reason = fmt.Sprintf("has the same key as line %d", first.line)
	}
	if reason != "" {
		return &LineError{line.number, reason}
	}
	f.inputs[key] = storedInput{line.number, line.offset, sha256.Sum256(input)}
	return nil
}

// parseInput returns the key and the input of a line, or why the line is invalid. The
// input is compact JSON and part of the buffer. Each byte of the line is decoded only
// once: compacting refuses invalid JSON, and the compact JSON is only scanned.
func parseInput(raw []byte, compact *bytes.Buffer) (key string, input json.RawMessage, reason string) {
	compact.Reset()
	switch {
	case len(raw) > maxInputLine:
		return "", nil, tooLong(maxInputLine)
	case !utf8.Valid(raw):
		return "", nil, notUTF8
	case json.Compact(compact, raw) != nil:
		return "", nil, notJSON
	case compact.Bytes()[0] != '{':
		return "", nil, notAnObject
	case compact.Len() == len("{}"):
		return "", nil, emptyObject
	}
	var rawKey []byte
	line := compact.Bytes()
	members := runpod.NewScanner(line)
	members.Skip()
	for members.Next() != '}' {
		var name string
		if json.Unmarshal(members.Token(), &name) != nil {
			return "", nil, notJSON
		}
		start, end := members.Value()
		switch value := line[start:end]; name { // of members with the same name, the last one counts
		case "key":
			rawKey = value
		case "input":
			input = value
		default:
			return "", nil, `has members other than "key" and "input"`
		}
	}
	switch {
	case rawKey == nil:
		return "", nil, `has no "key"`
	case json.Unmarshal(rawKey, &key) != nil || rawKey[0] != '"':
		return "", nil, `has a "key" that is not a string`
	case key == "":
		return "", nil, `has an empty "key"`
	case input == nil:
		return "", nil, `has no "input"`
	case input[0] != '{':
		return "", nil, `has an "input" that is not an object`
	case len(input) == len("{}"):
		return "", nil, `has an empty "input", which no worker would ever get`
	}
	return composed(key), input, ""
}

// composed returns a key in Unicode normal form C, in which Terraform stores every string.
// Otherwise the stored key would differ from the one in the file with each plan.
func composed(key string) string { return norm.NFC.String(key) }

// Digests returns the SHA-256 digest of each input's compact JSON, in hexadecimal,
// by key.
func (f *InputsFile) Digests() map[string]string {
	digests := make(map[string]string, len(f.inputs))
	for key, in := range f.inputs {
		digests[key] = hex.EncodeToString(in.digest[:])
	}
	return digests
}

// SHA256 returns the SHA-256 digest of all keys and inputs in hexadecimal. It does not
// depend on white space or the order of the lines.
func (f *InputsFile) SHA256() string {
	hash := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(f.inputs)) {
		in := f.inputs[key]
		_, _ = fmt.Fprintf(hash, "%q %x\n", key, in.digest)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// errFileChanged is the error of [InputsFile.Load] for an input that is not at its position
// in the file any more.
var errFileChanged = errors.New("the inputs file has changed since it was read")

// Load reads the input of a key from the file and returns it as compact JSON. It is an
// error if the input has changed since ReadInputs.
func (f *InputsFile) Load(key string) (json.RawMessage, error) {
	in, ok := f.inputs[key]
	if !ok {
		return nil, fmt.Errorf("the inputs file has no key %q", key)
	}
	file, err := open(f.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if _, err := file.Seek(in.offset, io.SeekStart); err != nil {
		return nil, err
	}
	var members struct {
		Key   string          `json:"key"`
		Input json.RawMessage `json:"input"`
	}
	if in.offset == 0 {
		mark := make([]byte, len(byteOrderMark))
		if _, err := io.ReadFull(file, mark); err != nil || !bytes.Equal(mark, byteOrderMark) {
			if _, err := file.Seek(0, io.SeekStart); err != nil {
				return nil, err
			}
		}
	}
	if json.NewDecoder(io.LimitReader(file, maxInputLine+1024)).Decode(&members) != nil {
		return nil, errFileChanged
	}
	var compact bytes.Buffer
	if json.Compact(&compact, members.Input) != nil || composed(members.Key) != key || sha256.Sum256(compact.Bytes()) != in.digest {
		return nil, errFileChanged
	}
	return compact.Bytes(), nil
}
