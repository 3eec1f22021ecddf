package acctest_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// repositoryAddress is the URL that readers clone.
const repositoryAddress = "https://github.com/runpodserverless/terraform-provider-runpodserverless"

// documentedPort is the simulator's port in the documentation.
const documentedPort = "8008"

// commandBlock matches a block of commands in Markdown, with the comment before it that
// says why the test does not run it. The comment is not rendered.
var (
	commandBlock = regexp.MustCompile("(?m)^(?:<!-- not run: (.+) -->\n)?```(?:shell|console|sh|bash)\n((?s:.*?))^```$")
	anyBlock     = regexp.MustCompile("(?m)^[ >*-]*```(?:shell|console|sh|bash)\\b")
	anyReason    = regexp.MustCompile(`(?m)^\s*<!-- *not run`)
	testName     = regexp.MustCompile(`\bTest\w+`)
	makeTarget   = regexp.MustCompile(`(?m)^make ([a-z-]+)`)
)

// TestAccCommands pastes every block of commands of the documentation into a terminal,
// page by page and in order: in a new clone, with an account, and without a registry, a
// module proxy or any other network.
func TestAccCommands(t *testing.T) {
	t.Parallel()
	product := acctest.RequireCLI(t)
	source := sourceRepository(t)
	clone := filepath.Join(t.TempDir(), "clone")
	git(t, "", "clone", "--quiet", source, clone)
	sim := simtest.Start(t, simulator.Options{})
	env := readerEnvironment(t, product, source, sim)
	port := freePort(t)
	for _, page := range markdownPages(t, source) {
		text := readFile(t, filepath.Join(source, page))
		blocks := commandBlock.FindAllStringSubmatch(text, -1)
		if all := len(anyBlock.FindAllString(text, -1)); all != len(blocks) {
			t.Errorf("%s: %d blocks of commands, %d of which can be read: they begin at the margin", page, all, len(blocks))
		}
		reasons := 0
		run := slices.DeleteFunc(slices.Clone(blocks), func(b []string) bool { return b[1] != "" })
		for _, b := range blocks {
			if b[1] != "" {
				reasons++
				checkReason(t, page, b[1], b[2])
			}
		}
		if all := len(anyReason.FindAllString(text, -1)); all != reasons {
			t.Errorf("%s: %d comments say why a block is not run, but %d precede one", page, all, reasons)
		}
		if len(run) == 0 {
			continue
		}
		t.Run(page, func(t *testing.T) {
			env := env
			if strings.HasPrefix(page, "examples/") { // its readers have installed the provider
				env = append(slices.Clone(env), "TF_CLI_CONFIG_FILE="+filepath.Join(clone, "bin", "mirror", "cli.tfrc"))
			}
			term := acctest.NewTerminal(t, startFolder(t, clone, page, run[0][2]), env)
			for _, b := range run {
				commands := strings.ReplaceAll(b[2], documentedPort, port)
				if out, err := term.Paste(commands); err != nil {
					t.Fatalf("%v\n%s\n%s", err, commands, out)
				}
			}
		})
	}
	if sim.Journal().Count("run") == 0 {
		t.Error("no block ran a job with the account in the environment")
	}
	// The first block of the README prepares the folder of the user's own job.
	first := commandBlock.FindStringSubmatch(readFile(t, filepath.Join(source, "README.md")))
	if commands := strings.Count(first[2], "\n"); commands > 3 {
		t.Errorf("%d commands from a clone to a job, want 3 at most:\n%s", commands, first[2])
	}
	if state := readFile(t, filepath.Join(clone, "first-job", "terraform.tfstate")); !strings.Contains(state, `"COMPLETED"`) {
		t.Errorf("the README's first commands ran no job:\n%s", state)
	}
}

// startFolder returns the directory of a page's reader: the page's own folder for an
// example, an empty folder for a page that clones, else the clone.
func startFolder(t *testing.T, clone, page, first string) string {
	t.Helper()
	switch {
	case strings.HasPrefix(first, "git clone "):
		return t.TempDir()
	case strings.HasPrefix(page, "examples/"):
		return filepath.Join(clone, filepath.FromSlash(path.Dir(page)))
	default:
		return clone
	}
}

// checkReason verifies a reason that names a test or the workflow.
func checkReason(t *testing.T, page, reason, commands string) {
	t.Helper()
	for _, name := range testName.FindAllString(reason, -1) {
		if !strings.Contains(testSources(t), "func "+name+"(") {
			t.Errorf("%s: the reason names %s, which does not exist", page, name)
		}
	}
	if !strings.Contains(reason, "workflow") {
		return
	}
	workflow := readFile(t, "../../.ci/run") + readFile(t, "../../.github/workflows/test.yml")
	for _, target := range makeTarget.FindAllStringSubmatch(commands, -1) {
		if !regexp.MustCompile(`make [a-z -]*\b` + target[1] + `\b`).MatchString(workflow) {
			t.Errorf("%s: the workflow does not run make %s", page, target[1])
		}
	}
}

// testSources returns the sources of this package's tests.
func testSources(t *testing.T) string {
	t.Helper()
	names, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		all.WriteString(readFile(t, name))
	}
	return all.String()
}

// sourceRepository returns a repository with the files of this working tree in one
// commit.
func sourceRepository(t *testing.T) string {
	t.Helper()
	list, err := exec.Command("git", "-C", "../..", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Skipf("A clone needs git and a working tree: %v", err)
	}
	source := filepath.Join(t.TempDir(), "source")
	for name := range bytes.SplitSeq(bytes.TrimRight(list, "\x00"), []byte{0}) {
		from, to := filepath.Join("../..", string(name)), filepath.Join(source, string(name))
		info, err := os.Stat(from)
		if os.IsNotExist(err) {
			continue // removed, but not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	git(t, source, "init", "--quiet")
	git(t, source, "add", "--all")
	git(t, source, "-c", "user.name=reader", "-c", "user.email=reader@example.com", "-c", "commit.gpgsign=false", "commit", "--quiet", "--message=Everything")
	return source
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", args[0], err, out)
	}
}

// markdownPages returns the pages in reading order: those at the top, the index, the
// guides, the others.
func markdownPages(t *testing.T, source string) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "*.md")
	cmd.Dir = source
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	pages := strings.Fields(string(out))
	rank := func(page string) int {
		order := []string{"README.md", "CONTRIBUTING.md", "docs/index.md", "docs/guides/", "docs/"}
		if i := slices.IndexFunc(order, func(prefix string) bool { return strings.HasPrefix(page, prefix) }); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(pages, func(a, b string) int { return rank(a) - rank(b) })
	return pages
}

// readerEnvironment is the environment of a reader with Go, git, make, one CLI under
// both names, an account, and no network.
func readerEnvironment(t *testing.T, product *acctest.Product, source string, sim *simtest.Sim) []string {
	t.Helper()
	programs := t.TempDir()
	for _, name := range []string{"terraform", "tofu"} {
		if err := os.Symlink(product.Path, filepath.Join(programs, name)); err != nil {
			t.Skipf("no symbolic links: %v", err)
		}
	}
	var env []string
	for _, variable := range os.Environ() {
		if !regexp.MustCompile(`^(TF_|RUNPOD|GIT_|MAKE|MFLAGS|HOME=|PATH=|GOMAXPROCS=)`).MatchString(variable) {
			env = append(env, variable)
		}
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	return append(env,
		"HOME="+t.TempDir(),
		"PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"),
		"GOPROXY=off", "HTTPS_PROXY=http://127.0.0.1:1",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url."+source+".insteadOf", "GIT_CONFIG_VALUE_0="+repositoryAddress,
		"TF_CLI_ARGS_apply=-auto-approve", // readers confirm interactively
		"TF_INPUT=0", "CHECKPOINT_DISABLE=1", "NO_COLOR=1",
		"RUNPOD_API_KEY="+sim.APIKey, "RUNPOD_ENDPOINT_ID="+simulator.DefaultEndpointID,
		"RUNPOD_ENDPOINT_BASE_URL="+sim.URL, "RUNPOD_MANAGEMENT_BASE_URL="+sim.ManagementURL,
	)
}

// freePort returns a free port: the documented one may be used by another run of this
// test.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal(fmt.Errorf("%T is not a TCP address", listener.Addr()))
	}
	return strconv.Itoa(addr.Port)
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
