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

// The products that the tests distinguish.
const (
	Terraform = "Terraform"
	OpenTofu  = "OpenTofu"
)

// Namespace is the provider's organization in both registries.
const Namespace = "runpodserverless"

// envCLIPath is the variable that sets the CLI's path for terraform-plugin-testing.
const envCLIPath = "TF_ACC_TERRAFORM_PATH"

// versionTimeout is the timeout of the CLI's version command.
const versionTimeout = time.Minute

// Product is the CLI that the tests use.
type Product struct {
	Path    string           // path of the program
	Name    string           // Terraform or OpenTofu
	Version *version.Version // the version that the program reports
}

// String returns the name and the version, such as "OpenTofu 1.12.6".
func (p *Product) String() string { return p.Name + " " + p.Version.String() }

// Registry returns the host of the product's default registry.
func (p *Product) Registry() string {
	if p.Name == OpenTofu {
		return "registry.opentofu.org"
	}
	return "registry.terraform.io"
}

// discover finds the program, once per test binary.
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

// findCLI searches in the order of terraform-plugin-testing, and for "tofu": that
// library does not look for it, and exits if it finds no program.
func findCLI() (string, error) {
	if path := os.Getenv(envCLIPath); path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("%s: %w", envCLIPath, err)
		}
		return filepath.Abs(found) // the library does not accept a bare name
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

// prepare sets, for the whole process, the environment variables of
// terraform-plugin-testing. Host and namespace must match the product, or every
// configuration that names its providers fails. The empty CLI configuration file
// replaces a developer's own dev_overrides. Each program is limited to one CPU: as many
// programs as there are CPUs run concurrently, and together they take a fifth less time
// this way.
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

// RequireCLI returns the CLI, with the environment of the process prepared for it. It
// skips the test if there is none. It fails the test if the requested CLI does not
// work, or if the test's name does not begin with TestAcc, by which "make test" and
// "make testacc" select tests.
func RequireCLI(t testing.TB) *Product {
	t.Helper()
	if !acceptanceTest.MatchString(t.Name()) {
		t.Fatalf("%s starts a CLI, so its name must begin with TestAcc.", t.Name())
	}
	p, err := discover()
	if err == nil {
		return p
	}
	if os.Getenv(envCLIPath) != "" {
		t.Fatalf("The requested CLI cannot be used: %v", err)
	}
	t.Skipf("This test needs Terraform or OpenTofu: %v. \"make testacc\" builds one.", err)
	return nil
}

// acceptanceTest matches the names of the tests that start a CLI, like ACC in
// GNUmakefile.
var acceptanceTest = regexp.MustCompile(`^TestAcc[A-Z]`)

// SourceAddress is the provider's source address without its host, as in
// configurations.
const SourceAddress = Namespace + "/" + provider.TypeName
