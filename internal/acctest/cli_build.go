package acctest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
)

// modulePath is the path of the provider's main package.
const modulePath = "github.com/runpodserverless/terraform-provider-" + provider.TypeName

// built is the provider's program, shared by the tests that use it at the same time.
// The last of them removes it, because a test binary has no hook at its end. The
// program that it is copied from stays: see [build].
var built struct {
	mu    sync.Mutex
	users int
	dir   string
}

// kept are the programs that this test binary has built, by package: "go build" takes
// half a second even if nothing has changed.
var kept struct {
	mu    sync.Mutex
	paths map[string]string
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
//
// The program is built in a folder that outlives the test binary, because "go build"
// does not link again if nothing has changed, and copied from there: linking takes
// longer than most tests.
func build(dir, name, pkg string) error {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	source, err := buildOnce(name, pkg)
	if err != nil {
		return err
	}
	program := filepath.Join(dir, name)
	if os.Link(source, program) == nil {
		return nil
	}
	return copyProgram(source, program) // hard links fail between file systems
}

func buildOnce(name, pkg string) (string, error) {
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if path, ok := kept.paths[pkg]; ok {
		return path, nil
	}
	folder, err := buildFolder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, name)
	cmd := exec.Command("go", "build", "-o", path, pkg) //nolint:gosec // Nothing in it comes from outside.
	cmd.Env = append(os.Environ(), "GOTMPDIR="+folder,  // on the same file system, so that the program is replaced atomically
		fmt.Sprintf("GOMAXPROCS=%d", runtime.GOMAXPROCS(0)))
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	if kept.paths == nil {
		kept.paths = make(map[string]string)
	}
	kept.paths[pkg] = path
	return path, nil
}

// buildFolder returns the folder of the programs that are built from this copy of the
// module.
func buildFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	_, file, _, _ := runtime.Caller(0)
	folder := filepath.Join(cache, "runpodserverless-acctest", fmt.Sprintf("%x", sha256.Sum256([]byte(file)))[:16])
	return folder, os.MkdirAll(folder, 0o700)
}

func copyProgram(source, target string) error {
	from, err := os.Open(source) //nolint:gosec // built just now
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700) //nolint:gosec // It is a program.
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}
