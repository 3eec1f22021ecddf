package acctest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
)

// Products that the tests tell apart.
const (
	Terraform = "Terraform"
	OpenTofu  = "OpenTofu"
)

// Namespace is the provider's organisation in both registries.
const Namespace = "runpodserverless"

// envCLIPath is the variable by which terraform-plugin-testing takes the
// program's path.
const envCLIPath = "TF_ACC_TERRAFORM_PATH"

// versionTimeout bounds the one question that is asked before any test runs.
const versionTimeout = time.Minute

// Product is the command-line interface that the tests use.
type Product struct {
	Path    string           // of the program
	Name    string           // Terraform or OpenTofu
	Version *version.Version // as the program reports it
}

// String returns the name and the version, such as "OpenTofu 1.12.6".
func (p *Product) String() string { return p.Name + " " + p.Version.String() }

// Registry returns the host of the registry that the product takes a source
// address without a host to mean.
func (p *Product) Registry() string {
	if p.Name == OpenTofu {
		return "registry.opentofu.org"
	}
	return "registry.terraform.io"
}

// discover looks for the program once per test binary.
var discover = sync.OnceValues(func() (*Product, error) {
	path, err := findCLI()
	if err != nil {
		return nil, err
	}
	p, err := askVersion(path)
	if err != nil {
		return nil, err
	}
	return p, prepare(p)
})

// findCLI follows terraform-plugin-testing's order and adds "tofu": that
// library never looks for it, and ends the process when it finds nothing.
func findCLI() (string, error) {
	if path := os.Getenv(envCLIPath); path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("%s: %w", envCLIPath, err)
		}
		return filepath.Abs(found) // a bare name is refused by the library
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("neither terraform nor tofu is on PATH, and " + envCLIPath + " is not set")
}

var versionLine = regexp.MustCompile(`^(Terraform|OpenTofu) v(\S+)`)

func askVersion(path string) (*Product, error) {
	ctx, cancel := context.WithTimeout(context.Background(), versionTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "version") //nolint:gosec // The path is the tester's own choice of program.
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+os.DevNull, "CHECKPOINT_DISABLE=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s version: %w: %s", path, err, strings.TrimSpace(stderr.String()))
	}
	return parseVersion(path, string(out))
}

func parseVersion(path, out string) (*Product, error) {
	m := versionLine.FindStringSubmatch(out)
	if m == nil {
		return nil, fmt.Errorf("%s version: neither Terraform nor OpenTofu: %q", path, out)
	}
	v, err := version.NewVersion(m[2])
	if err != nil {
		return nil, fmt.Errorf("%s version: %w", path, err)
	}
	return &Product{Path: path, Name: m[1], Version: v}, nil
}

// prepare sets, for the whole process, what terraform-plugin-testing reads.
// The host and the namespace must fit the product, or each configuration that
// names its providers fails; the empty configuration file keeps a developer's
// own dev_overrides out. Each program gets one processor: as many run at once as
// there are processors, and together they take a fifth less time so.
func prepare(p *Product) error {
	for name, value := range map[string]string{
		envCLIPath:                         p.Path,
		resource.EnvTfAccProviderHost:      p.Registry(),
		resource.EnvTfAccProviderNamespace: Namespace,
		"TF_CLI_CONFIG_FILE":               os.DevNull,
		"CHECKPOINT_DISABLE":               "1",
		"GOMAXPROCS":                       "1",
	} {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// RequireCLI returns the command-line interface, with the environment of the
// process prepared for it. It skips the test when there is none, and fails it
// when the one that was asked for does not work or the test's name does not begin
// with TestAcc, by which "make test" and "make testacc" divide the tests.
func RequireCLI(t testing.TB) *Product {
	t.Helper()
	if !acceptanceTest.MatchString(t.Name()) {
		t.Fatalf("%s starts a command-line interface: the name of such a test begins with TestAcc.", t.Name())
	}
	p, err := discover()
	if err == nil {
		return p
	}
	if os.Getenv(envCLIPath) != "" {
		t.Fatalf("The command-line interface that was asked for cannot be used: %v", err)
	}
	t.Skipf("This test needs Terraform or OpenTofu: %v. \"make testacc\" builds one.", err)
	return nil
}

// acceptanceTest matches the names of the tests that start a command-line interface,
// as ACC of GNUmakefile does.
var acceptanceTest = regexp.MustCompile(`^TestAcc[A-Z]`)

// SourceAddress is the provider's address without its host, as configurations
// write it.
const SourceAddress = Namespace + "/" + provider.TypeName
