package acctest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
)

// modulePath is the provider's main package.
const modulePath = "github.com/runpodserverless/terraform-provider-" + provider.TypeName

// built is the provider's program, shared by the tests that use it at the same
// time. The last of them removes it, because a test binary has no end of its
// own at which to do so.
var built struct {
	mu    sync.Mutex
	users int
	dir   string
}

// providerDir returns the directory with the provider's program.
func providerDir(t testing.TB) string {
	t.Helper()
	built.mu.Lock()
	defer built.mu.Unlock()
	if built.users == 0 {
		dir, err := buildProvider()
		if err != nil {
			t.Fatalf("build the provider: %v", err)
		}
		built.dir = dir
	}
	built.users++
	t.Cleanup(func() {
		built.mu.Lock()
		defer built.mu.Unlock()
		if built.users--; built.users == 0 {
			if err := os.RemoveAll(built.dir); err != nil {
				t.Errorf("remove the provider's program: %v", err)
			}
		}
	})
	return built.dir
}

func buildProvider() (string, error) {
	dir, err := os.MkdirTemp("", "runpodserverless-acctest-")
	if err != nil {
		return "", err
	}
	if err := build(dir, filepath.Base(modulePath), modulePath); err != nil {
		_ = os.RemoveAll(dir)
		return "", err
	}
	return dir, nil
}

// build builds a package of this module into a directory.
func build(dir, name, pkg string) error {
	program := filepath.Join(dir, name)
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	cmd := exec.Command("go", "build", "-o", program, pkg) //nolint:gosec // Nothing in it comes from outside.
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}
