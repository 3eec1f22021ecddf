package acctest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
)

// traceFile is the log file of a CLI, in its directory.
const traceFile = "trace.log"

// CLI is the real CLI in a directory of its own, with the provider's real program. It
// is for behavior that only processes have, such as signals, exit codes and logs.
// "init" is not needed.
type CLI struct {
	Dir     string // has the configuration and the state
	Product *Product

	t         testing.TB
	providers map[string]string // directory by source address
	mu        sync.Mutex
	env       map[string]string
	measured  bool // see WatchPeak
}

// NewCLI builds the provider, once for all CLIs of a test binary, and returns a CLI
// that uses it. It skips the test if neither Terraform nor OpenTofu is found.
func NewCLI(t testing.TB) *CLI {
	t.Helper()
	product := RequireCLI(t)
	home := t.TempDir()
	c := &CLI{Dir: t.TempDir(), Product: product, t: t, env: map[string]string{
		"HOME":               home,
		"TF_CLI_CONFIG_FILE": filepath.Join(home, "cli.rc"),
		"CHECKPOINT_DISABLE": "1",
		"TF_IN_AUTOMATION":   "1",
		"TF_INPUT":           "0",
		"NO_COLOR":           "1",
	}}
	c.providers = map[string]string{SourceAddress: providerDir(t)}
	c.writeOverrides()
	return c
}

// VendorSourceAddress is the official provider's source address without its host.
const VendorSourceAddress = "runpod/runpod"

// AddFakeVendor makes a fake of the official runpod/runpod provider available at the
// official provider's address.
func (c *CLI) AddFakeVendor() {
	c.t.Helper()
	dir := c.t.TempDir()
	if err := build(dir, "terraform-provider-runpod", modulePath+"/internal/acctest/fakeprovider"); err != nil {
		c.t.Fatalf("build the fake provider: %v", err)
	}
	c.providers[VendorSourceAddress] = dir
	c.writeOverrides()
}

func (c *CLI) writeOverrides() {
	c.t.Helper()
	if err := os.WriteFile(c.env["TF_CLI_CONFIG_FILE"], []byte(overrides(c.providers)), 0o600); err != nil {
		c.t.Fatalf("write the CLI's configuration: %v", err)
	}
}

// overrides returns a CLI configuration in which Terraform and OpenTofu load these
// providers from their directories, and no others.
func overrides(providers map[string]string) string {
	var b strings.Builder
	b.WriteString("provider_installation {\n  dev_overrides {\n")
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		for _, address := range slices.Sorted(maps.Keys(providers)) {
			fmt.Fprintf(&b, "    %q = %q\n", host+"/"+address, providers[address])
		}
	}
	b.WriteString("  }\n}\n")
	return b.String()
}

// Setenv sets a variable for the next runs. Runs inherit the test's environment except
// TF_… and RUNPOD_… variables, and except the variables of Go's runtime if memory is
// measured.
func (c *CLI) Setenv(name, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.env[name] = value
}

// Trace makes the next runs write a trace log, which [CLI.TraceLog] returns.
func (c *CLI) Trace() {
	c.Setenv("TF_LOG", "TRACE")
	c.Setenv("TF_LOG_PATH", filepath.Join(c.Dir, traceFile))
}

// TraceLog returns everything that was logged since [CLI.Trace].
func (c *CLI) TraceLog() string { return c.ReadFile(traceFile) }

// RequiredProviders returns the terraform block with the provider's source address.
// Without it, Terraform and OpenTofu would look for hashicorp/runpodserverless.
func RequiredProviders() string {
	return fmt.Sprintf("terraform {\n  required_providers {\n    %s = {\n      source = %q\n    }\n  }\n}\n", provider.TypeName, SourceAddress)
}

// WriteFile writes a file to the directory.
func (c *CLI) WriteFile(name, content string) {
	c.t.Helper()
	path := filepath.Join(c.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		c.t.Fatalf("write %s: %v", name, err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		c.t.Fatalf("write %s: %v", name, err)
	}
}

// ReadFile returns a file of the directory, such as terraform.tfstate.
func (c *CLI) ReadFile(name string) string {
	c.t.Helper()
	content, err := os.ReadFile(filepath.Join(c.Dir, name))
	if err != nil {
		c.t.Fatalf("read %s: %v", name, err)
	}
	return string(content)
}

func (c *CLI) environment() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var env []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if _, own := c.env[name]; own || strings.HasPrefix(name, "TF_") || strings.HasPrefix(name, "RUNPOD_") {
			continue
		}
		if c.measured && (name == "GOGC" || name == "GOMEMLIMIT" || name == "GOMAXPROCS") {
			continue
		}
		env = append(env, variable)
	}
	if !c.measured {
		// A run is short and needs a few dozen megabytes: garbage collection would be a
		// tenth of its time.
		env = append(env, "GOGC=1600")
	}
	for _, name := range slices.Sorted(maps.Keys(c.env)) {
		env = append(env, name+"="+c.env[name])
	}
	return env
}
