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

// attachment matches the program's output in debug mode that says how to attach to it.
var attachment = regexp.MustCompile(`TF_REATTACH_PROVIDERS='(.+)'`)

// KeepProvider starts the provider once for all next runs, as for a debugger, with the
// current environment of the CLI. It is for tests of configurations: a run would start
// the provider four times, which takes longer than the rest of a small run. Such a
// provider has one configuration, so aliases do not work.
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
			// OpenTofu uses the address of its own registry.
			c.Setenv("TF_REATTACH_PROVIDERS", strings.Replace(how[1], "registry.terraform.io", c.Product.Registry(), 1))
			return
		}
	}
	c.t.Fatalf("the provider does not say how to attach to it: %v", lines.Err())
}

// endProvider interrupts a provider, as the user of a debugger does. It fails the test
// if the provider does not exit.
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
