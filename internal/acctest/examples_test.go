package acctest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// exampleRoot is the path of the examples from this package's directory.
const exampleRoot = "../../examples"

// publicEndpointID is the public endpoint of an example.
const publicEndpointID = "black-forest-labs-flux-1-dev"

// secondEndpointID is the new endpoint of an example that changes its endpoint.
const secondEndpointID = "demo-2"

// queryExt is the extension of files with list blocks.
const queryExt = ".tfquery.hcl"

// moduleFolder contains modules, which have variables and tests of their own.
const moduleFolder = "modules"

// Features in examples that need a certain product or version.
var gates = []struct {
	pattern *regexp.Regexp
	require func(testing.TB)
}{
	{regexp.MustCompile(`(?m)^\s*action(_trigger)?\b[^=\n]*\{`), acctest.RequireActions},
	{regexp.MustCompile(`\bcaller\.|(?m)^\s*store\s*\{`), acctest.RequireTerraform116},
	{regexp.MustCompile(`(?m)^ephemeral\s+"|\bephemeral\s*=\s*true`), acctest.RequireEphemeral},
	{regexp.MustCompile(`\w+_wo\s*=`), acctest.RequireWriteOnly},
	{regexp.MustCompile(`(?s)import\s*\{[^}]*\bidentity\s*=`), acctest.RequireImportByIdentity},
	{regexp.MustCompile(`(?m)^list\s+"`), acctest.RequireQuery},
}

// example is a configuration: a folder, or a file of a folder whose files are separate
// examples in the documentation.
type example struct {
	name  string
	files map[string]string // base name to content
	data  map[string]string // files that the configuration reads, by base name
}

// TestAccExamples applies and destroys every example as it is, with the account in the
// environment.
func TestAccExamples(t *testing.T) {
	t.Parallel()
	acctest.RequireCLI(t)
	examples := findExamples(t)
	if len(examples) == 0 {
		t.Fatalf("no .tf file below %s", exampleRoot)
	}
	root, err := filepath.Abs(exampleRoot)
	if err != nil {
		t.Fatal(err)
	}
	if r := acctest.NewCLI(t).Run("fmt", "-check", "-diff", "-recursive", root); r.ExitCode != 0 {
		t.Errorf("not formatted (make fmt):\n%s", r.Output())
	}
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			e.test(t)
		})
	}
}

func (e example) test(t *testing.T) {
	importing, querying := false, false
	for name, content := range e.files {
		for _, gate := range gates {
			if gate.pattern.MatchString(content) {
				gate.require(t)
			}
		}
		importing = importing || strings.HasPrefix(name, "import")
		querying = querying || strings.HasSuffix(name, queryExt)
	}
	if importing {
		return // It imports a job that the simulator does not have.
	}
	cli := acctest.NewCLI(t)
	if e.contains(acctest.VendorSourceAddress + `"`) {
		cli.AddFakeVendor()
	}
	for _, files := range []map[string]string{e.files, e.data} {
		for name, content := range files {
			cli.WriteFile(name, content)
		}
	}
	// An example of a type may omit the block with the provider's source, which is in
	// the provider's own example.
	if !e.contains("required_providers") {
		cli.WriteFile("required_providers.tf", acctest.RequiredProviders())
	}
	sim := simtest.Start(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{
		simulator.DefaultEndpointID: {}, publicEndpointID: {}, secondEndpointID: {},
	}})
	cli.Setenv("RUNPOD_API_KEY", sim.APIKey)
	cli.Setenv("RUNPOD_ENDPOINT_BASE_URL", sim.URL)
	cli.Setenv("RUNPOD_MANAGEMENT_BASE_URL", sim.ManagementURL)
	cli.Setenv("RUNPOD_ENDPOINT_ID", simulator.DefaultEndpointID)
	if e.contains(`variable "job_id"`) {
		cli.Setenv("TF_VAR_job_id", submitJob(t, sim, e.job()))
	}
	if !e.contains("alias") {
		cli.KeepProvider()
	}
	if querying {
		cli.MustRun("query")
		return
	}
	cli.MustRun("apply", "-auto-approve") // apply validates the configuration, too
	for _, content := range e.files {
		for _, invocation := range invocations.FindAllString(content, -1) {
			cli.MustRun("apply", "-auto-approve", invocation)
		}
	}
	cli.MustRun("destroy", "-auto-approve")
}

// invocations matches the comment of an example whose action is invoked by hand.
var invocations = regexp.MustCompile(`-invoke=\S+`)

// job returns the input of the job that an example expects to exist.
func (e example) job() string {
	switch {
	case e.contains("runpodserverless_job_retry"):
		return `{"sim_fail_times":1}`
	case e.contains("runpodserverless_job_cancel"):
		return `{"mock_delay":3600}`
	default:
		return `{"sim_stream":["Once ","upon"]}`
	}
}

func (e example) contains(text string) bool {
	for _, content := range e.files {
		if strings.Contains(content, text) {
			return true
		}
	}
	return false
}

func findExamples(t *testing.T) []example {
	t.Helper()
	var examples []example
	err := filepath.WalkDir(exampleRoot, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		folder, err := filepath.Rel(exampleRoot, path)
		if err != nil {
			return err
		}
		if folder == moduleFolder {
			return fs.SkipDir
		}
		files, data, err := filesIn(path)
		if err != nil || len(files) == 0 {
			return err
		}
		whole := example{name: filepath.ToSlash(folder), files: files, data: data}
		if rendered(folder) {
			for base, content := range files {
				examples = append(examples, example{name: whole.name + "/" + base, files: map[string]string{base: content}, data: data})
			}
		}
		if !rendered(folder) {
			examples = append(examples, whole)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("look for examples: %v", err)
	}
	return examples
}

// filesIn returns the configuration files of a folder, and the files that they read.
func filesIn(folder string) (files, data map[string]string, err error) {
	files, data = map[string]string{}, map[string]string{}
	for pattern, into := range map[string]map[string]string{"*.tf": files, "*" + queryExt: files, "*.jsonl": data, "*.csv": data} {
		names, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return nil, nil, err
		}
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				return nil, nil, err
			}
			into[filepath.Base(name)] = string(content)
		}
	}
	return files, data, nil
}

// rendered reports whether the documentation shows the folder's files separately.
func rendered(folder string) bool {
	kind, _, _ := strings.Cut(filepath.ToSlash(folder), "/")
	switch kind {
	case "provider", "resources", "data-sources", "ephemeral-resources", "actions", "list-resources":
		return true
	}
	return false
}
