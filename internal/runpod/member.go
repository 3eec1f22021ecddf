package runpod

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// value is a JSON value of a reply. Replies are read member by member, by exact names:
// encoding/json ignores the case of names, and fails altogether if one member has an
// unexpected type.
type value struct {
	json []byte // valid JSON without white space around it; nil when there is none
	// sent is what the API sent. It differs from json where encoding/json does not
	// read that: see readable.
	sent []byte
}

var errNotJSON = errors.New("it is not JSON")

// parseReply returns the value that a reply holds. It accepts the NaN, Infinity
// and -Infinity of Python's json module, and nesting of any depth.
func parseReply(body []byte) (value, error) {
	valid := body
	if !json.Valid(valid) {
		if valid = readable(body); valid == nil || !json.Valid(valid) {
			return value{}, errNotJSON
		}
	}
	c := NewScanner(valid)
	start, end := c.Value()
	return value{valid[start:end], body[start:end]}, nil
}

// nonNumbers are what Python's json module writes for numbers that JSON does not
// have, and numbers of the same length.
var nonNumbers = []struct{ literal, number string }{{"NaN", "0.0"}, {"Infinity", "0.000000"}}

// maxNesting is how many levels of objects and arrays encoding/json reads.
const maxNesting = 10000

// readable returns a copy of body with a zero in place of each NaN and Infinity
// outside of strings, and a text in place of each object and array that is nested
// too deeply, so that every other byte keeps its place; nil when there is none.
func readable(body []byte) []byte {
	var replaced []byte
	replace := func(at int) []byte {
		if replaced == nil {
			replaced = bytes.Clone(body)
		}
		return replaced[at:]
	}
	for at, depth := 0, 0; at < len(body); {
		length := 1
		switch c := body[at]; c {
		case '"':
			length = endOfString(body, at) - at
		case ']', '}':
			depth--
		case '[', '{':
			if depth++; depth > maxNesting {
				length = endOfNesting(body, at) - at
				text := replace(at)[:length]
				for i := range text {
					text[i] = '_'
				}
				text[0], text[length-1] = '"', '"'
				depth--
			}
		default:
			for _, n := range nonNumbers {
				if c == n.literal[0] && bytes.HasPrefix(body[at:], []byte(n.literal)) {
					length = copy(replace(at), n.number)
				}
			}
		}
		at += length
	}
	return replaced
}

// endOfNesting returns the place after the object or array that begins at start, or
// the end of raw when it has no end.
func endOfNesting(raw []byte, start int) int {
	for at, depth := start, 0; at < len(raw); at++ {
		switch raw[at] {
		case '"':
			at = endOfString(raw, at) - 1
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return at + 1
			}
		}
	}
	return len(raw)
}

// missing reports whether there is no value, or null.
func (v value) missing() bool { return len(v.json) == 0 || v.json[0] == 'n' }

func (v value) isObject() bool { return len(v.json) > 0 && v.json[0] == '{' }

func (v value) isArray() bool { return len(v.json) > 0 && v.json[0] == '[' }

// kind names the type of a value, for a sentence.
func (v value) kind() string {
	if len(v.json) == 0 {
		return "nothing"
	}
	switch v.json[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "a bool"
	case 'n':
		return "null"
	}
	if v.unreadable() {
		return string(v.sent)
	}
	return "a number"
}

// unreadable reports whether the value holds at any depth what encoding/json does
// not read: a NaN, an Infinity, or too deep a nesting.
func (v value) unreadable() bool { return !bytes.Equal(v.json, v.sent) }

// members returns the members of an object with exactly these names, in their
// order. Of members with the same name the last one counts, as for other
// decoders of JSON. A value that is no object has none.
func (v value) members(names ...string) []value {
	found := make([]value, len(names))
	if !v.isObject() {
		return found
	}
	c := NewScanner(v.json)
	c.Skip()
	for c.Next() != '}' {
		key := c.Token()
		start, end := c.Value()
		for i, name := range names {
			if isName(key, name) {
				found[i] = value{v.json[start:end], v.sent[start:end]}
			}
		}
	}
	return found
}

// member returns one member of an object.
func (v value) member(name string) value { return v.members(name)[0] }

// isName reports whether a quoted key stands for a name.
func isName(key []byte, name string) bool {
	if len(key) == len(name)+2 && string(key[1:len(key)-1]) == name {
		return true
	}
	if len(key) > 6*len(name)+2 || bytes.IndexByte(key, '\\') < 0 {
		return false
	}
	var unquoted string
	return json.Unmarshal(key, &unquoted) == nil && unquoted == name
}

// each calls f with every element of an array until f returns false.
func (v value) each(f func(value) bool) {
	if v.isArray() {
		v.eachValue(f)
	}
}

// eachValue calls f with every element of an array, or the value of every member of
// an object, until f returns false.
func (v value) eachValue(f func(value) bool) {
	c := NewScanner(v.json)
	c.Skip()
	for next := c.Next(); next != ']' && next != '}'; next = c.Next() {
		if v.isObject() {
			c.Token() // the name
		}
		start, end := c.Value()
		if !f(value{v.json[start:end], v.sent[start:end]}) {
			return
		}
	}
}

// text returns the text of a string in valid UTF-8, and whether it is one.
func (v value) text() (string, bool) {
	if len(v.json) == 0 || v.json[0] != '"' {
		return "", false
	}
	inner := v.json[1 : len(v.json)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), true
	}
	var s string
	err := json.Unmarshal(v.json, &s)
	return s, err == nil
}

// anyText returns a string as its text and every other value as it was sent, in
// valid UTF-8; "" for null and nothing.
func (v value) anyText() string {
	if v.missing() {
		return ""
	}
	if s, ok := v.text(); ok {
		return s
	}
	return strings.ToValidUTF8(string(v.sent), "\uFFFD")
}

// id returns an id: a string, or the digits of a number; "" when there is none. Of
// one that is too long to be of use, what remains is still too long for that.
func (v value) id() string {
	id, ok := v.text()
	if !ok && !v.missing() && v.kind() == "a number" {
		id = string(v.json)
	}
	if len(id) > maxID {
		return Printable(id, maxID)
	}
	return id
}

// output returns the JSON of an output, nil when there is none, or when it cannot
// be read: defect then says what it holds, and where.
func (v value) output() (raw json.RawMessage, defect string) {
	switch {
	case v.missing():
		return nil, ""
	case v.unreadable():
		return nil, v.defect()
	default:
		return json.RawMessage(v.json), ""
	}
}

// maxPath bounds how much of the path to a defect is shown: its keys come from a worker.
const maxPath = 200

// defect names the first part of a value that cannot be read, and the path to it.
func (v value) defect() string {
	at := 0
	for v.json[at] == v.sent[at] {
		at++
	}
	literal := "NaN"
	switch v.sent[at] {
	case '[', '{':
		literal = fmt.Sprintf("more than %d levels of nesting", maxNesting)
	case 'I':
		literal = "Infinity"
		if at > 0 && v.sent[at-1] == '-' {
			literal = "-Infinity"
		}
	}
	if path := v.pathTo(at); path != "" {
		return literal + " at " + Printable(path, maxPath)
	}
	return literal
}

// pathTo returns the path to the value at a place, such as .scores[3]; it ends
// where it has become too long to be shown.
func (v value) pathTo(at int) string {
	var path strings.Builder
	raw := v.json
	for path.Len() <= maxPath && (raw[0] == '{' || raw[0] == '[') {
		c := NewScanner(raw)
		c.Skip()
		for i := 0; ; i++ {
			var key []byte
			if raw[0] == '{' {
				key = c.Token()
			}
			start, end := c.Value()
			if at >= end {
				continue
			}
			if name, ok := (value{json: key}).text(); ok {
				path.WriteString("." + name)
			} else {
				fmt.Fprintf(&path, "[%d]", i)
			}
			raw, at = raw[start:end], at-start
			break
		}
	}
	return path.String()
}

// isReply reports whether a body is JSON, or what Python's json module accepts as
// JSON.
func isReply(body []byte) bool {
	_, err := parseReply(body)
	return err == nil
}
