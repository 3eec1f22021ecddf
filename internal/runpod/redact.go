package runpod

import (
	"cmp"
	"encoding/base64"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// redacted stands where a secret stood.
const redacted = "(redacted)"

const (
	// minSecret is the length from which a secret is looked for in texts: replacing
	// every "1" would make an error unreadable and hide nothing.
	minSecret = 6
	// minPathSecret is the same for one part of a webhook's path, which may be an
	// ordinary word.
	minPathSecret = 8
	// maxLayers bounds how often a text is decoded.
	maxLayers = 5
)

// redactor removes secrets from texts: as they are, and in every spelling in
// which a server is likely to repeat them. JSON, percent-encoding and HTML may be
// mixed and nested; base64 may hold more than the secret.
type redactor struct {
	values []string
	// needles are what is looked for in a text and in what it decodes to. They are
	// needed for errors only, so they are prepared with the first.
	needles func() []string
}

func newRedactor(values ...string) *redactor {
	r := &redactor{values: longEnough(values)}
	r.needles = sync.OnceValue(r.spellings)
	return r
}

// longEnough returns the values that a redactor looks for.
func longEnough(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return len(v) < minSecret })
}

// webhookSecrets returns the parts of a webhook's address that may let others
// use it, besides the address itself.
func webhookSecrets(address string) []string {
	if address == "" {
		return nil
	}
	secrets := []string{address}
	u, err := url.Parse(address)
	if err != nil {
		return secrets
	}
	if u.User != nil {
		password, _ := u.User.Password()
		secrets = append(secrets, u.User.String(), u.User.Username(), password)
	}
	if len(u.Path) > minPathSecret {
		secrets = append(secrets, u.Path, u.EscapedPath())
	}
	for _, path := range []string{u.Path, u.EscapedPath()} {
		for part := range strings.SplitSeq(path, "/") {
			if len(part) >= minPathSecret {
				secrets = append(secrets, part)
			}
		}
	}
	secrets = append(secrets, u.RawQuery, u.Fragment)
	for pair := range strings.FieldsFuncSeq(u.RawQuery, func(c rune) bool { return c == '&' || c == ';' }) {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			value = name // a token by itself
		}
		secrets = append(secrets, value)
		if plain, err := url.QueryUnescape(value); err == nil {
			secrets = append(secrets, plain)
		}
	}
	return secrets
}

// spellings returns what is looked for, without duplicates.
func (r *redactor) spellings() []string {
	var all []string
	for _, value := range r.values {
		plain := decodeFully(value)
		for _, v := range []string{value, plain, strings.ReplaceAll(value, " ", "+"), strings.ReplaceAll(plain, " ", "+")} {
			if len(v) >= minSecret {
				all = append(all, v)
			}
		}
		all = append(all, base64Cores(value)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// base64Cores returns the characters that the base64 of any text with value in it
// has, for each of the three places at which value can begin in a group of three
// bytes, in both alphabets.
func base64Cores(value string) []string {
	var cores []string
	for before := range 3 {
		text := append(make([]byte, before), value...)
		first := (before*8 + 5) / 6 // the first character that depends on nothing before value
		end := len(text) * 8 / 6    // and the first that depends on what follows it
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			cores = append(cores, encoding.EncodeToString(text)[first:end])
		}
	}
	return cores
}

// redact works on a nil redactor, too, which knows no secret.
func (r *redactor) redact(s string) string {
	if r == nil || len(r.values) == 0 || s == "" {
		return s
	}
	var found []span
	for v, layer := newView(s), 0; ; layer++ {
		for text, needles := string(v.text), r.needles(); len(needles) > 0; needles = needles[1:] {
			found = v.find(text, needles[0], found)
		}
		next, changed := v.decode()
		if !changed || layer == maxLayers {
			break
		}
		v = next
	}
	if len(found) == 0 {
		return s
	}
	slices.SortFunc(found, func(a, b span) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) })
	var b strings.Builder
	at := 0
	for i := 0; i < len(found); {
		start, end := found[i].start, found[i].end
		for i++; i < len(found) && found[i].start < end; i++ {
			end = max(end, found[i].end)
		}
		b.WriteString(s[at:start])
		b.WriteString(redacted)
		at = end
	}
	b.WriteString(s[at:])
	return b.String()
}

// span is a part of the original text.
type span struct{ start, end int }

// view is a text, or what it decodes to, with the place in the original text that
// each of its bytes comes from.
type view struct {
	text   []byte
	places []span
}

func newView(s string) view {
	v := view{[]byte(s), make([]span, len(s))}
	for i := range v.places {
		v.places[i] = span{i, i + 1}
	}
	return v
}

// find adds the places where needle stands in the view's text.
func (v view) find(text, needle string, found []span) []span {
	for from := 0; ; {
		i := strings.Index(text[from:], needle)
		if i < 0 {
			return found
		}
		start, end := from+i, from+i+len(needle)
		found = append(found, span{v.places[start].start, v.places[end-1].end})
		from = start + 1
	}
}

// decode removes one layer of escapes and reports whether there was any.
func (v view) decode() (decoded view, changed bool) {
	decoded = view{make([]byte, 0, len(v.text)), make([]span, 0, len(v.text))}
	for i := 0; i < len(v.text); {
		plain, n := unescape(v.text[i:])
		place := span{v.places[i].start, v.places[i+n-1].end}
		for _, b := range plain {
			decoded.text = append(decoded.text, b)
			decoded.places = append(decoded.places, place)
		}
		changed = changed || n > 1
		i += n
	}
	return decoded, changed
}

func decodeFully(s string) string {
	v, changed := newView(s).decode()
	for layer := 1; changed && layer < maxLayers; layer++ {
		v, changed = v.decode()
	}
	return string(v.text)
}

// unescape returns what the escape at the start of s stands for and its length.
// Where there is none, that is one byte as it is.
func unescape(s []byte) (plain []byte, n int) {
	switch {
	case s[0] == '%' && len(s) >= 3:
		if b, err := strconv.ParseUint(string(s[1:3]), 16, 8); err == nil {
			return []byte{byte(b)}, 3
		}
	case s[0] == '\\' && len(s) >= 6 && s[1] == 'u':
		if r, err := strconv.ParseUint(string(s[2:6]), 16, 16); err == nil {
			return utf8.AppendRune(nil, rune(r)), 6
		}
	case s[0] == '\\' && len(s) >= 4 && s[1] == 'x':
		if b, err := strconv.ParseUint(string(s[2:4]), 16, 8); err == nil {
			return []byte{byte(b)}, 4
		}
	case s[0] == '\\' && len(s) >= 2:
		if i := strings.IndexByte(`"\/'ntrbf`, s[1]); i >= 0 {
			return []byte{"\"\\/'\n\t\r\b\f"[i]}, 2
		}
	case s[0] == '&':
		if i := strings.IndexByte(string(s[:min(len(s), 10)]), ';'); i > 0 {
			if text := html.UnescapeString(string(s[:i+1])); text[0] != '&' || i == len("&amp") && len(text) == 1 {
				return []byte(text), i + 1
			}
		}
	}
	return s[:1], 1
}
