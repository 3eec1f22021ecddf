package runpod

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what comes from a worker, in bytes.
const (
	// MaxMessage bounds the message of an error.
	MaxMessage = 4 << 10
	// MaxTraceback bounds the traceback of an error, of which the end is kept, and
	// the error as the API sent it.
	MaxTraceback = 16 << 10
	// MaxShown bounds one text of a diagnostic or a log.
	MaxShown = 2 << 10
	// maxName bounds what should be a short name, such as a state or a worker.
	maxName = 256
)

// markRoom is the room for the words that say how much was cut off.
const markRoom = 40

// Printable returns a text that can be shown in a terminal: without control
// characters and escape sequences, other than tabs and line breaks, in valid
// UTF-8, and of at most limit bytes. Of a longer text it returns the beginning,
// and says how much was cut off.
func Printable(s string, limit int) string {
	text := clean(s, limit, false)
	if len(text) <= limit && len(s) <= cleaned(limit) {
		return text
	}
	end := min(limit-markRoom, len(text))
	for end > 0 && end < len(text) && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + fmt.Sprintf("… [%d bytes cut off]", max(len(s)-end, 1))
}

// PrintableEnd is [Printable] with the end of a text that is too long, for a
// traceback.
func PrintableEnd(s string, limit int) string {
	text := clean(s, limit, true)
	if len(text) <= limit && len(s) <= cleaned(limit) {
		return text
	}
	start := max(len(text)-limit+markRoom, 0)
	for start < len(text) && !utf8.RuneStart(text[start]) {
		start++
	}
	return fmt.Sprintf("[%d bytes cut off] …", max(len(s)-len(text)+start, 1)) + text[start:]
}

// cleaned is how much of a text is examined to get limit bytes of it without escape
// sequences and control characters.
func cleaned(limit int) int { return 4*limit + 64 }

// clean removes what must not reach a terminal. Of a long text it takes the
// beginning, or the end, with some room to spare.
func clean(s string, limit int, end bool) string {
	if most := cleaned(limit); len(s) > most {
		if end {
			s = s[len(s)-most:]
		} else {
			s = s[:most]
		}
	}
	if isPlain(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = escapeSequence.ReplaceAllString(s, "")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case isControl(r):
			return -1
		default:
			return r
		}
	}, s)
}

// escapeSequence matches ANSI escape sequences: CSI, OSC up to its end, and
// those of two characters.
var escapeSequence = regexp.MustCompile("(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\x1b\\]|\u009d)[^\x07\x1b\u009c\n]*(?:\x07|\x1b\\\\|\u009c)?|\x1b[ -/]*[0-~]")

// isControl reports whether a terminal acts on a character instead of showing
// it: C0, C1, and the controls of the direction of writing.
func isControl(r rune) bool {
	switch {
	case unicode.IsControl(r):
		return true
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0x061C:
		return true
	case r == 0x2028, r == 0x2029: // line breaks of their own
		return true
	default:
		return false
	}
}

// isPlain reports whether a text is printable ASCII, as most are.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' || c > '~' {
			return false
		}
	}
	return true
}

// printableName is for a text that is compared, such as a state: what cannot be
// shown is replaced, so that it does not become equal to another one.
func printableName(s string) string {
	if isPlain(s) && len(s) <= maxName && !strings.ContainsAny(s, "\n\t") {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if isControl(r) {
			return '\uFFFD'
		}
		return r
	}, s[:min(len(s), cleaned(maxName))])
	return Printable(s, maxName)
}
