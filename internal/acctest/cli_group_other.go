//go:build !unix

package acctest

import (
	"errors"
	"os/exec"
)

// setGroup does nothing where process groups do not exist.
func setGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func terminateGroup(*exec.Cmd) error { return errors.ErrUnsupported }
