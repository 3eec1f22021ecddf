package acctest

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
)

// attachment is how the program, in debug mode, says how to attach to it.
var attachment = regexp.MustCompile(`TF_REATTACH_PROVIDERS='(.+)'`)

// KeepProvider starts the provider once for all the runs that follow, as for a
// debugger, with the environment that the CLI has now: for tests of configurations.
// A run would start it four times, which takes longer than the rest of a small run.
// Such a provider has one configuration, so that there can be no alias.
func (c *CLI) KeepProvider() {
	c.t.Helper()
	program := filepath.Join(c.providers[SourceAddress], "terraform-provider-"+provider.TypeName)
	cmd := exec.Command(program, "-debug") //nolint:gosec // built from this module
	cmd.Dir = c.Dir
	cmd.Env = c.environment()
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatalf("start the provider: %v", err)
	}
	c.t.Cleanup(func() { endProvider(c.t, cmd) })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if how := attachment.FindStringSubmatch(lines.Text()); how != nil {
			// OpenTofu takes the same address to be one of its own registry.
			c.Setenv("TF_REATTACH_PROVIDERS", strings.Replace(how[1], "registry.terraform.io", c.Product.Registry(), 1))
			return
		}
	}
	c.t.Fatalf("the provider does not say how to attach to it: %v", lines.Err())
}

// endProvider ends a provider as a debugger's user does, with an interrupt. One that
// does not end by it fails the test.
func endProvider(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = cmd.Wait()
	}()
	if !endOrKill(cmd.Process, done, func() { _ = cmd.Process.Kill() }) {
		t.Errorf("the provider does not end within %s of an interrupt", killDelay)
	} else if err != nil {
		t.Errorf("the provider: %v", err)
	}
}
