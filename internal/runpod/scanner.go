package runpod

import "bytes"

// Scanner walks through JSON that is known to be valid, so that it need not look for
// mistakes, and copies nothing. With JSON that is not valid it may panic.
type Scanner struct {
	raw []byte
	at  int
}

// NewScanner returns a scanner at the beginning of raw, for which [encoding/json.Valid]
// must hold.
func NewScanner(raw []byte) Scanner { return Scanner{raw: raw} }

// Next moves to the next token, over white space, commas and colons, and returns its
// first byte.
func (s *Scanner) Next() byte {
	for {
		switch b := s.raw[s.at]; b {
		case ' ', '\t', '\r', '\n', ',', ':':
			s.at++
		default:
			return b
		}
	}
}

// Skip moves past the bracket that begins or ends an object or an array.
func (s *Scanner) Skip() {
	s.Next()
	s.at++
}

// Token moves past a string, a number or a literal and returns it as it is written.
func (s *Scanner) Token() []byte {
	first, start := s.Next(), s.at
	if first == '"' {
		s.at = endOfString(s.raw, start)
		return s.raw[start:s.at]
	}
	for s.at < len(s.raw) && !endsToken(s.raw[s.at]) {
		s.at++
	}
	return s.raw[start:s.at]
}

// endsToken reports whether a byte ends a number or a literal.
func endsToken(b byte) bool {
	switch b {
	case ' ', '\t', '\r', '\n', ',', ':', '}', ']':
		return true
	}
	return false
}

// Value moves past one value of any kind and returns where it begins and ends.
func (s *Scanner) Value() (start, end int) {
	first := s.Next()
	start = s.at
	if first != '{' && first != '[' {
		s.Token()
		return start, s.at
	}
	for depth := 0; ; {
		switch s.raw[s.at] {
		case '"':
			s.at = endOfString(s.raw, s.at)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.at++
		if depth == 0 {
			return start, s.at
		}
	}
}

// endOfString returns the place after the string that begins at start, or the
// end of raw when it has no end.
func endOfString(raw []byte, start int) int {
	for at := start + 1; ; at++ {
		i := bytes.IndexByte(raw[at:], '"')
		if i < 0 {
			return len(raw)
		}
		at += i
		escapes := 0
		for raw[at-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return at + 1
		}
	}
}
