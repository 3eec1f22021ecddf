package payload_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

func write(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lines.jsonl")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestObjects(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		content string
		want    []string
		error   string
	}{
		"plain":              {"{\"a\":1}\n{\"b\":2}\n", []string{`{"a":1}`, `{"b":2}`}, ""},
		"no last line break": {`{"a":1}`, []string{`{"a":1}`}, ""},
		"blank lines, CRLF":  {"\n{\"a\":1}\r\n  \r\n\t{\"b\": 2} \r\n\n", []string{`{"a":1}`, `{"b": 2}`}, ""},
		"byte order mark":    {"\ufeff{\"a\":1}\n", []string{`{"a":1}`}, ""},
		"empty":              {"", nil, ""},
		"text":               {"{\"a\":1}\n\nhello\n", []string{`{"a":1}`}, "line 3 is not JSON"},
		"cut off":            {"{\"a\":", nil, "line 1 is not JSON"},
		"two on a line":      {"{\"a\":1}{\"b\":2}", nil, "line 1 is not JSON"},
		"a list":             {"[1]\n", nil, "line 1 is not a JSON object"},
		"a null":             {"{\"a\":1}\nnull\n", []string{`{"a":1}`}, "line 2 is not a JSON object"},
		"an empty object":    {"{ \t}\n", nil, "line 1 is an empty object"},
		"not UTF-8":          {"{\"a\":\"\xff\"}\n", nil, "line 1 is not valid UTF-8"},
		"just short enough":  {`{"a":"` + strings.Repeat("x", 92) + "\"}\n", []string{`{"a":"` + strings.Repeat("x", 92) + `"}`}, ""},
		"too long":           {"{\"a\":1}\n{\"a\":\"" + strings.Repeat("x", 93) + "\"}\n", []string{`{"a":1}`}, "line 2 is longer than 100 bytes"},
		"much too long":      {"{\"a\":1}\n" + strings.Repeat("x", 1<<20), []string{`{"a":1}`}, "line 2 is longer than 100 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := payload.Objects(write(t, tc.content), 100)
			for range 2 { // it can be read again
				var got []string
				var last error
				for line, err := range objects {
					if last = err; err == nil {
						got = append(got, string(line))
					}
				}
				text := ""
				if last != nil {
					text = last.Error()
				}
				if !slices.Equal(got, tc.want) || text != tc.error {
					t.Errorf("got %q, %v", got, last)
				}
			}
		})
	}
}

func TestObjects_ends(t *testing.T) {
	t.Parallel()
	n := 0
	for _, err := range payload.Objects(write(t, "{\"a\":1}\n{\"b\":2}\n"), 100) {
		if err != nil {
			t.Error(err)
		}
		n++
		break
	}
	for _, err := range payload.Objects(filepath.Join(t.TempDir(), "none"), 100) {
		if !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d steps", n)
	}
}
