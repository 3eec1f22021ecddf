package payload_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

func accept(json.RawMessage) string { return "" }

// TestReadInputs checks which inputs files are valid, and the errors about invalid lines.
func TestReadInputs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		content string
		want    map[string]string
		errors  string
	}{
		"plain":              {"{\"key\":\"a\",\"input\":{\"p\":1}}\n{\"input\":{\"p\":2},\"key\":\"b\"}\n", map[string]string{"a": `{"p":1}`, "b": `{"p":2}`}, ""},
		"no last line break": {`{"key":"a","input":{"p":1}}`, map[string]string{"a": `{"p":1}`}, ""},
		"CRLF, mark, blanks": {"\ufeff{\"key\": \"a\", \"input\": {\"p\": 1}}\r\n\r\n  {\"key\":\"b\",\"input\":{\"p\":2}}  \r\n", map[string]string{"a": `{"p":1}`, "b": `{"p":2}`}, ""},
		"large numbers":      {`{"key":"a","input":{"p":12345678901234567890}}`, map[string]string{"a": `{"p":12345678901234567890}`}, ""},
		"empty":              {"", map[string]string{}, ""},
		"a key twice":        {"{\"key\":\"a\",\"input\":{\"p\":1}}\n\n{\"key\":\"a\",\"input\":{\"p\":2}}\n", nil, "line 3 has the same key as line 1"},
		"a key decomposed":   {"{\"key\":\"e\u0301\",\"input\":{\"p\":1}}", map[string]string{"\u00e9": `{"p":1}`}, ""},
		"escaped":            {`{"key":"e\u0301","input":{"p":1}}`, map[string]string{"\u00e9": `{"p":1}`}, ""},
		"two forms of a key": {"{\"key\":\"\u00e9\",\"input\":{\"p\":1}}\n{\"key\":\"e\u0301\",\"input\":{\"p\":2}}\n", nil, "line 2 has the same key as line 1"},
		"several":            {"hello\n{\"key\":\"a\",\"input\":{\"p\":1}}\n[]\n", nil, "line 1 is not JSON; line 3 is not a JSON object"},
		"no key":             {`{"input":{"p":1}}`, nil, `line 1 has no "key"`},
		"an empty key":       {`{"key":"","input":{"p":1}}`, nil, `line 1 has an empty "key"`},
		"a number for a key": {`{"key":1,"input":{"p":1}}`, nil, `line 1 has a "key" that is not a string`},
		"null for a key":     {`{"key":null,"input":{"p":1}}`, nil, `line 1 has a "key" that is not a string`},
		"another case":       {`{"Key":"a","input":{"p":1}}`, nil, `line 1 has members other than "key" and "input"`},
		"more members":       {`{"key":"a","input":{"p":1},"x":1}`, nil, `line 1 has members other than "key" and "input"`},
		"no input":           {`{"key":"a"}`, nil, `line 1 has no "input"`},
		"a list":             {`{"key":"a","input":[1]}`, nil, `line 1 has an "input" that is not an object`},
		"null":               {`{"key":"a","input":null}`, nil, `line 1 has an "input" that is not an object`},
		"an empty object":    {`{"key":"a","input":{ }}`, nil, `line 1 has an empty "input", which no worker would ever get`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, errs := payload.ReadInputs(write(t, tc.content), accept)
			var got []string
			for _, err := range errs {
				got = append(got, err.Error())
			}
			if text := strings.Join(got, "; "); text != tc.errors {
				t.Fatalf("got %q, want %q", text, tc.errors)
			}
			if tc.errors != "" {
				return
			}
			if len(file.Digests()) != len(tc.want) {
				t.Errorf("%d inputs", len(file.Digests()))
			}
			for key, want := range tc.want {
				if input, err := file.Load(key); err != nil || string(input) != want {
					t.Errorf("%s: %s, %v", key, input, err)
				}
			}
		})
	}
}

// TestReadInputs_home checks that the error about a missing file says that "~" is not
// replaced by the home folder.
func TestReadInputs_home(t *testing.T) {
	t.Parallel()
	_, errs := payload.ReadInputs("~/no/such/file.jsonl", accept)
	if len(errs) != 1 || !errors.Is(errs[0], os.ErrNotExist) || !strings.Contains(errs[0].Error(), "pathexpand") {
		t.Errorf("%v", errs)
	}
	for _, err := range payload.Objects("~/no/such/file.jsonl", 100) {
		if err == nil || !strings.Contains(err.Error(), "pathexpand") {
			t.Errorf("%v", err)
		}
	}
}

// TestInputsFile_changes checks which changes of a file change its digests.
func TestInputsFile_changes(t *testing.T) {
	t.Parallel()
	const one, two = `{"key":"a","input":{"p":1}}`, `{"key":"b","input":{"p":2}}`
	read := func(content string) *payload.InputsFile {
		file, errs := payload.ReadInputs(write(t, content), accept)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		return file
	}
	first, other := read(one+"\n"+two), read(two+"\r\n\n "+strings.ReplaceAll(one, ":", " : ")+"\n")
	if first.SHA256() != other.SHA256() || first.Digests()["a"] != other.Digests()["a"] {
		t.Error("the order of lines or white space makes a difference")
	}
	if changed := read(one + "\n" + strings.Replace(two, "2", "3", 1)); changed.SHA256() == first.SHA256() || changed.Digests()["a"] != first.Digests()["a"] {
		t.Error("a change is not detected, or for the wrong key")
	}
	path := write(t, one+"\n"+two)
	file, _ := payload.ReadInputs(path, accept)
	if err := os.WriteFile(path, []byte(two+"\n"+one), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Load("a"); !errors.Is(err, payload.ErrFileChanged) {
		t.Errorf("a file that changed: %v", err)
	}
	if _, errs := payload.ReadInputs(t.TempDir(), accept); len(errs) != 1 {
		t.Errorf("a folder: %v", errs)
	}
	if _, errs := payload.ReadInputs(path, func(json.RawMessage) string { return "is not wanted" }); len(errs) != 2 || errs[1].Error() != "line 2 is not wanted" {
		t.Errorf("%v", errs)
	}
}
