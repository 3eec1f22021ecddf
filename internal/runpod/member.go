package runpod

import (
	"bytes"
	"encoding/json"
)

// cutMember takes the value of one member out of a JSON object, without copying
// it, and returns the object with null in its place. It returns the body as it
// is when that is not an object with such a member, or not valid.
func cutMember(body []byte, name string) (rest []byte, value json.RawMessage) {
	if !json.Valid(body) {
		return body, nil
	}
	c := cursor{body, 0}
	if c.next() != '{' {
		return body, nil
	}
	quoted := []byte(`"` + name + `"`)
	c.at++
	for c.next() != '}' {
		key := c.value()
		start := c.skip()
		v := c.value()
		if bytes.Equal(key, quoted) {
			return bytes.Join([][]byte{body[:start], body[c.at:]}, []byte("null")), v
		}
	}
	return body, nil
}

// cursor walks through valid JSON.
type cursor struct {
	raw []byte
	at  int
}

// skip moves to the next token and returns its place.
func (c *cursor) skip() int {
	c.next()
	return c.at
}

// next moves to the next token, over white space, commas and colons, and
// returns its first byte.
func (c *cursor) next() byte {
	for {
		switch b := c.raw[c.at]; b {
		case ' ', '\t', '\r', '\n', ',', ':':
			c.at++
		default:
			return b
		}
	}
}

// value moves past one value and returns it.
func (c *cursor) value() []byte {
	c.next()
	start, depth := c.at, 0
	for {
		switch c.raw[c.at] {
		case '"':
			for c.at++; c.raw[c.at] != '"'; c.at++ {
				if c.raw[c.at] == '\\' {
					c.at++ // past what it escapes
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		c.at++
		if depth == 0 && c.ended(start) {
			return c.raw[start:c.at]
		}
	}
}

// ended reports whether the value that began at start is complete: one that has no
// end of its own goes on to the next delimiter.
func (c *cursor) ended(start int) bool {
	switch c.raw[start] {
	case '"', '{', '[':
		return true
	}
	return c.at == len(c.raw) || bytes.IndexByte([]byte(" \t\r\n,:}]"), c.raw[c.at]) >= 0
}
