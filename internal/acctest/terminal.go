package acctest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// pasteTimeout is the timeout of one block of commands.
const pasteTimeout = 5 * time.Minute

// Terminal is a shell into which a reader pastes one block of commands after another.
// Variables, the directory and background processes are kept between blocks. A shell
// that a block opens ends with the block.
type Terminal struct {
	t     testing.TB
	bash  string
	env   []string
	saved string // folder that stores the variables and the directory after a block
}

// NewTerminal returns a terminal in a directory with these variables. It skips the test
// if there is no bash.
func NewTerminal(t testing.TB, dir string, env []string) *Terminal {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("The commands need bash.")
	}
	term := &Terminal{t: t, bash: bash, env: append(slices.Clone(env), "SHELL="+bash), saved: t.TempDir()}
	for name, content := range map[string]string{"variables": "", "directory": dir} {
		if err := os.WriteFile(filepath.Join(term.saved, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return term
}

// The block is the standard input, as from a keyboard, so that a shell that it opens
// reads the rest of it.
const (
	restore = `. "$SAVED/variables"; cd "$(<"$SAVED/directory")"; trap 'export -p >"$SAVED/variables"; pwd >"$SAVED/directory"' EXIT; set -eo pipefail` + "\n"
	savedAt = "SAVED="
)

// Paste runs a block of commands and returns their output, and an error if one of them
// failed.
func (term *Terminal) Paste(block string) (string, error) {
	term.t.Helper()
	// A file, not a pipe, because a background process keeps it open.
	output, err := os.CreateTemp(term.saved, "output")
	if err != nil {
		term.t.Fatal(err)
	}
	defer output.Close()
	ctx, cancel := context.WithTimeout(term.t.Context(), pasteTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, term.bash) //nolint:gosec // found above
	cmd.Stdin = strings.NewReader(restore + block)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.Env = append(slices.Clone(term.env), savedAt+term.saved)
	setGroup(cmd)
	cmd.Cancel = func() error { killGroup(cmd); return nil }
	if err := cmd.Start(); err != nil {
		term.t.Fatal(err)
	}
	term.t.Cleanup(func() { killGroup(cmd) })
	err = cmd.Wait()
	written, readErr := os.ReadFile(output.Name())
	return string(written), errors.Join(err, readErr)
}
