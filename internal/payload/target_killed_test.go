package payload_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

// endlessFileEnv is the environment variable with the file that a process of this test writes
// until it is killed.
const endlessFileEnv = "PAYLOAD_TEST_FILE"

func outputOf(letter byte) json.RawMessage {
	return append(append([]byte{'"'}, bytes.Repeat([]byte{letter}, 4<<20)...), '"')
}

// TestTarget_killed kills a process that writes a file again and again. The file is always
// complete, and the next write removes the temporary file that was left.
func TestTarget_killed(t *testing.T) {
	t.Parallel()
	if name := os.Getenv(endlessFileEnv); name != "" {
		target := payload.Target{Path: name, Encoding: payload.EncodingText}
		for {
			for _, letter := range []byte("ab") {
				if _, err := target.Write(outputOf(letter)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	folder := t.TempDir()
	name := filepath.Join(folder, "out.txt")
	for round := range 10 {
		writer := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTarget_killed$") //nolint:gosec // this test itself
		writer.Env = append(os.Environ(), endlessFileEnv+"="+name)
		if err := writer.Start(); err != nil {
			t.Fatal(err)
		}
		for payload.FileDigest(name) == "" && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(round) * 3 * time.Millisecond) // so that each kill interrupts another part of a write
		if err := writer.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = writer.Wait() // "killed"
		got := content(t, name)
		if len(got) != 4<<20 || bytes.Count([]byte(got), []byte{got[0]}) != len(got) {
			t.Fatalf("round %d: %d bytes, not all of one output", round, len(got))
		}
	}
	if _, err := (payload.Target{Path: name, Encoding: payload.EncodingText}).Write(outputOf('c')); err != nil {
		t.Fatal(err)
	}
	if left := names(t, folder); len(left) != 1 || content(t, name)[0] != 'c' {
		t.Errorf("left: %v", left)
	}
}

// TestTarget_encodings checks what each encoding writes, and which outputs it refuses.
func TestTarget_encodings(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		encoding, output, want, error string
	}{
		"json":           {payload.EncodingJSON, `{"a": [1, 2.50]}`, `{"a": [1, 2.50]}`, ""},
		"text":           {payload.EncodingText, `"a\u00e9\n\"b\""`, "aé\n\"b\"", ""},
		"plain text":     {payload.EncodingText, ` "abc" `, "abc", ""},
		"base64":         {payload.EncodingBase64, `"AAH/"`, "\x00\x01\xff", ""},
		"escaped base64": {payload.EncodingBase64, `"\u0041AH\/"`, "\x00\x01\xff", ""},
		"padded":         {payload.EncodingBase64, `"AA=="`, "\x00", ""},
		"an object":      {payload.EncodingText, `{"a":1}`, "", "not a string"},
		"null":           {payload.EncodingBase64, `null`, "", "not a string"},
		"not base64":     {payload.EncodingBase64, `"secret!"`, "", "not base64"},
		"base64, cut":    {payload.EncodingBase64, `"AAA"`, "", "not base64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "new", "out")
			digest, err := payload.Target{Path: path, Encoding: tc.encoding}.Write(json.RawMessage(tc.output))
			if tc.error != "" {
				if err == nil || !bytes.Contains([]byte(err.Error()), []byte(tc.error)) || bytes.Contains([]byte(err.Error()), []byte("secret")) {
					t.Errorf("%v", err)
				}
				if _, err := os.Stat(path); err == nil {
					t.Error("a file was written")
				}
				return
			}
			if err != nil || content(t, path) != tc.want || payload.FileDigest(path) != digest {
				t.Errorf("%q, %v", content(t, path), err)
			}
		})
	}
}
