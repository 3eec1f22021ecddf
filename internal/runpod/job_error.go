package runpod

import (
	"strconv"
	"strings"
)

// JobError is the error of a failed job. Its texts come from a worker: they are
// printable and bounded.
type JobError struct {
	Type      string // the exception's class; "" if the API omits it
	Message   string // at most MaxMessage bytes
	Traceback string // its end, at most MaxTraceback bytes; "" if the API omits it
	Raw       string // the error as the API sent it: a string's text, or JSON; at most MaxTraceback bytes
}

// parseJobError understands the forms that `error` takes: a plain string, a
// string that holds JSON (a handler raised), "handler: …\ntraceback: …" (a
// generator raised), the Python repr of a dict (a generator yielded an error),
// and any other JSON (the handler returned it). An error that says nothing, such
// as an empty text or object, is none.
func parseJobError(v value) *JobError {
	if v.saysNothing() {
		return nil
	}
	text := v.anyText()
	e := &JobError{Message: text, Raw: text}
	if object, ok := objectIn(v, text); ok {
		e.Type = firstText(object, "error_type", "type", "code")
		e.Traceback = firstText(object, "error_traceback", "traceback")
		if m := firstText(object, "error_message", "message", "detail", "error"); m != "" {
			e.Message = m
		}
	} else if message, traceback, ok := strings.Cut(text, "\ntraceback: "); ok {
		if m := strings.TrimSpace(strings.TrimPrefix(message, "handler: ")); m != "" {
			e.Message = m
		}
		e.Traceback = strings.TrimSpace(traceback)
	} else if repr := pythonRepr(text); repr != nil {
		e.Type = repr["type"]
		if repr["message"] != "" {
			e.Message = repr["message"]
		}
	}
	e.Type = strings.TrimSuffix(strings.TrimPrefix(e.Type, "<class '"), "'>")
	e.Type = Printable(e.Type, maxName)
	e.Message = Printable(e.Message, MaxMessage)
	e.Traceback = PrintableEnd(e.Traceback, MaxTraceback)
	e.Raw = Printable(e.Raw, MaxTraceback)
	if e.Message == "" { // nothing but control characters
		e.Message = "(the error has no text that can be shown)"
	}
	return e
}

// maxEmpty bounds an error that says nothing: a longer one has something to say.
const maxEmpty = 1 << 10

// saysNothing reports whether an error is that of a handler that had none: an empty
// text, a false, a zero, Python's None, or an object or a list of nothing else.
func (v value) saysNothing() bool {
	if v.missing() || len(v.json) > maxEmpty {
		return v.missing()
	}
	text, isText := v.text()
	switch {
	case v.unreadable():
		return false
	case isText:
		text = strings.TrimSpace(text)
		if inner, err := parseReply([]byte(text)); err == nil && (inner.isObject() || inner.isArray()) {
			return inner.saysNothing()
		}
		return text == "" || text == "null" || text == "None" || text == "false"
	case v.isObject(), v.isArray():
		nothing := true
		v.eachValue(func(member value) bool {
			nothing = member.saysNothing()
			return nothing
		})
		return nothing
	case v.kind() == "a number":
		n, err := strconv.ParseFloat(string(v.json), 64)
		return err == nil && n == 0
	default:
		return v.json[0] == 'f'
	}
}

// objectIn returns the object that an error is, or that its text holds.
func objectIn(v value, text string) (value, bool) {
	if v.isObject() {
		return v, true
	}
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return value{}, false
	}
	inner, err := parseReply([]byte(text))
	return inner, err == nil && inner.isObject()
}

// firstText returns the first of several members that is a string with a text.
func firstText(object value, names ...string) string {
	for _, v := range object.members(names...) {
		if s, _ := v.text(); s != "" {
			return s
		}
	}
	return ""
}

// pythonRepr reads the string values of a flat Python dict such as
// {'message': 'out of memory', 'code': None}; nil when text is not one.
func pythonRepr(text string) map[string]string {
	if !strings.HasPrefix(text, "{'") || !strings.HasSuffix(text, "}") {
		return nil
	}
	values := make(map[string]string)
	rest := text[1:]
	for {
		key, after, ok := pythonString(rest)
		if !ok || !strings.HasPrefix(after, ": ") {
			return values
		}
		rest = after[2:]
		if value, after, ok := pythonString(rest); ok {
			values[key] = value
			rest = after
		}
		// Past a value of another type: to the next key.
		i := strings.Index(rest, ", '")
		if i < 0 {
			return values
		}
		rest = rest[i+2:]
	}
}

// pythonString reads a quoted Python string at the start of s.
func pythonString(s string) (value, rest string, ok bool) {
	if s == "" || (s[0] != '\'' && s[0] != '"') {
		return "", s, false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return b.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case '\\', '\'', '"':
				b.WriteByte(s[i])
			default:
				b.WriteByte('\\')
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return "", s, false
}
