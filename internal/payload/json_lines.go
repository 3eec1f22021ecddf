package payload

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// LineError is the error about an invalid line. It has nothing of the line's content, which
// may be a secret.
type LineError struct {
	Line   int    // from 1
	Reason string // follows "line N", such as "is not JSON"
}

var _ error = (*LineError)(nil)

// Error implements error.
func (e *LineError) Error() string { return fmt.Sprintf("line %d %s", e.Line, e.Reason) }

// errNotRegular is the error for pipes and devices. They can be read only once or without
// end, and opening a pipe blocks until something writes to it.
var errNotRegular = errors.New("not a regular file")

var byteOrderMark = []byte("\ufeff")

// Objects yields the JSON object in each line of a file, of at most maxBytes, without the
// white space around it. Blank lines are skipped. The bytes are valid until the next
// iteration. The first error ends the sequence: an error of the file, or a [*LineError]
// for a line that is not an object with at least one member. The sequence can be ranged
// over again, and opens the file each time.
func Objects(path string, maxBytes int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for line, err := range lines(path, maxBytes) {
			if err == nil {
				if reason := refuse(line.raw, maxBytes); reason != "" {
					err = &LineError{line.number, reason}
				}
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(line.raw, nil) {
				return
			}
		}
	}
}

// LineOf returns the line number, from 1, of the object with an index, from 0, among those
// that [Objects] yields; 0 if there is no such object.
func LineOf(path string, maxBytes, index int) int {
	for line, err := range lines(path, maxBytes) {
		if err != nil {
			return 0
		}
		if index == 0 {
			return line.number
		}
		index--
	}
	return 0
}

// line is a line of a file that is not blank, without the white space around it.
type line struct {
	number int   // from 1
	offset int64 // of the line's first byte
	raw    []byte
}

// open opens a regular file for reading.
func open(path string) (*os.File, error) {
	path = filepath.Clean(path)
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = &os.PathError{Op: "read", Path: path, Err: errNotRegular}
	}
	if errors.Is(err, os.ErrNotExist) && strings.HasPrefix(filepath.ToSlash(path), homePrefix) {
		err = fmt.Errorf("%w; the path %w", err, errHome)
	}
	if err != nil {
		return nil, err
	}
	return os.Open(path) //nolint:gosec // the user's own file is the point
}

// lines yields the lines of a file that are not blank, and ends with the first error.
func lines(path string, maxBytes int) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		file, err := open(path)
		if err != nil {
			yield(line{}, err)
			return
		}
		defer file.Close()
		var read, offset int64 // of the next line, and of the current one
		scanner := bufio.NewScanner(file)
		scanner.Buffer(make([]byte, 0, 64<<10), maxBytes+1024) // white space around an object does not count
		scanner.Split(func(data []byte, atEOF bool) (int, []byte, error) {
			advance, token, err := bufio.ScanLines(data, atEOF)
			if token != nil {
				offset = read
			}
			read += int64(advance)
			return advance, token, err
		})
		n := 0
		for scanner.Scan() {
			n++
			raw := scanner.Bytes()
			if n == 1 {
				raw = bytes.TrimPrefix(raw, byteOrderMark)
			}
			if raw = bytes.TrimSpace(raw); len(raw) > 0 && !yield(line{n, offset, raw}, nil) {
				return
			}
		}
		switch err := scanner.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			yield(line{}, &LineError{n + 1, tooLong(maxBytes)})
		case err != nil:
			yield(line{}, err)
		}
	}
}

func tooLong(maxBytes int) string { return fmt.Sprintf("is longer than %d bytes", maxBytes) }

// Reasons of a [LineError].
const (
	notUTF8     = "is not valid UTF-8"
	notJSON     = "is not JSON"
	notAnObject = "is not a JSON object"
	emptyObject = "is an empty object"
)

// refuse returns why a line is not an object with members, "" if it is one.
func refuse(line []byte, maxBytes int) string {
	switch {
	case len(line) > maxBytes:
		return tooLong(maxBytes)
	case !utf8.Valid(line):
		return notUTF8
	case !json.Valid(line):
		return notJSON
	case line[0] != '{':
		return notAnObject
	case bytes.TrimLeft(line[1:], " \t\r")[0] == '}':
		return emptyObject
	default:
		return ""
	}
}
