package payload

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"unicode/utf8"
)

// LineError says what is wrong with a line. It holds nothing of the line
// itself, which may be a secret.
type LineError struct {
	Line   int // from 1
	Reason string
}

var _ error = (*LineError)(nil)

// Error implements error.
func (e *LineError) Error() string { return fmt.Sprintf("line %d %s", e.Line, e.Reason) }

// errNotRegular refuses what can be read once only, or without end: opening a
// pipe that nobody writes to would never return.
var errNotRegular = errors.New("not a regular file")

var byteOrderMark = []byte("\ufeff")

// Objects yields each line of a file as the JSON object that it holds, of at
// most maxBytes, without the white space around it. Blank lines are left out.
// The bytes are good until the next step. The first error ends the sequence: a
// *LineError where a line is something other than an object with members. The
// sequence can be ranged over again, and opens the file each time.
func Objects(path string, maxBytes int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		info, err := os.Stat(path)
		if err == nil && !info.Mode().IsRegular() {
			err = &os.PathError{Op: "read", Path: path, Err: errNotRegular}
		}
		if err != nil {
			yield(nil, err)
			return
		}
		file, err := os.Open(path) //nolint:gosec // the user's own file is the point
		if err != nil {
			yield(nil, err)
			return
		}
		defer file.Close()
		objects(file, maxBytes, yield)
	}
}

// LineOf returns the line of the object with an index, from 0, among those that
// [Objects] yields; 0 when there is no such object.
func LineOf(path string, maxBytes, index int) int {
	file, err := os.Open(path) //nolint:gosec // the user's own file is the point
	if err != nil {
		return 0
	}
	defer file.Close()
	lines := newLines(file, maxBytes)
	for n := 1; lines.Scan(); n++ {
		line := lines.Bytes()
		if n == 1 {
			line = bytes.TrimPrefix(line, byteOrderMark)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if index == 0 {
			return n
		}
		index--
	}
	return 0
}

func newLines(r io.Reader, maxBytes int) *bufio.Scanner {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxBytes+1024) // some white space may be around an object
	return lines
}

func objects(r io.Reader, maxBytes int, yield func([]byte, error) bool) {
	lines := newLines(r, maxBytes)
	n := 0
	for lines.Scan() {
		n++
		line := lines.Bytes()
		if n == 1 {
			line = bytes.TrimPrefix(line, byteOrderMark)
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if reason := refuse(line, maxBytes); reason != "" {
			yield(nil, &LineError{n, reason})
			return
		}
		if !yield(line, nil) {
			return
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		yield(nil, &LineError{n + 1, tooLong(maxBytes)})
	case err != nil:
		yield(nil, err)
	}
}

func tooLong(maxBytes int) string { return fmt.Sprintf("is longer than %d bytes", maxBytes) }

// refuse tells why a line is no object with members, "" when it is one.
func refuse(line []byte, maxBytes int) string {
	switch {
	case len(line) > maxBytes:
		return tooLong(maxBytes)
	case !utf8.Valid(line):
		return "is not valid UTF-8"
	case !json.Valid(line):
		return "is not JSON"
	case line[0] != '{':
		return "is not a JSON object"
	case bytes.TrimLeft(line[1:], " \t\r")[0] == '}':
		return "is an empty object"
	default:
		return ""
	}
}
