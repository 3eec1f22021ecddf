package job_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// oneLine undoes the frame and the line breaks of diagnostics.
func oneLine(out string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(out)), " ")
}

// TestAccJobEphemeral_outputFiles: an apply writes the output to files and none of it
// to the state; a plan writes nothing.
func TestAccJobEphemeral_outputFiles(t *testing.T) {
	t.Parallel()
	acctest.RequireEphemeral(t)
	acctest.RequireWriteOnly(t)
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	write := func(version int, arguments string) {
		// The other job needs the first one, and changes: OpenTofu would not open it otherwise.
		cli.WriteFile("main.tf", config(sim, fmt.Sprintf(`input            = { a = 1 }
		input_wo         = { files = try(length(ephemeral.runpodserverless_job.image.files), 0) }
		input_wo_version = %d`, version))+fmt.Sprintf(`
ephemeral "runpodserverless_job" "image" {
  run   = terraform.applying
  input = { mock_return = { image = "AAECAwT/", text = "kept in no state" } }
  %s
}
`, arguments))
	}
	files := `output_files = {
    "out/image.bin" = { select = "image", encoding = "base64" }
    "out/all.json"  = {}
  }
`
	write(1, files+"wait_for_completion = false")
	if r := cli.Run("plan", "-no-color"); r.ExitCode == 0 || !strings.Contains(oneLine(r.Output()), "Leave wait_for_completion out with output_files") {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	write(1, files)
	cli.MustRun("plan")
	if _, err := os.Stat(filepath.Join(cli.Dir, "out")); err == nil || len(sim.Journal()) > 0 {
		t.Error("a plan wrote a file, or sent something")
	}
	cli.MustRun("apply", "-auto-approve")
	if got := cli.ReadFile("out/image.bin"); got != "\x00\x01\x02\x03\x04\xff" {
		t.Errorf("image.bin: %q", got)
	}
	if got := cli.ReadFile("out/all.json"); got != `{"image":"AAECAwT/","text":"kept in no state"}` {
		t.Errorf("all.json: %q", got)
	}
	if strings.Contains(cli.ReadFile("terraform.tfstate"), "kept in no state") {
		t.Error("the state has the output")
	}
	sent := false
	for _, x := range sim.Journal().Op("run") {
		sent = sent || strings.Contains(string(x.Body), `"files":2`)
	}
	if !sent {
		t.Error("the digests of the files did not reach the other job")
	}

	// What cannot be written fails the apply, which says where the result is.
	write(2, `output_files = { "out/text.txt" = { encoding = "text" } }`)
	r := cli.Run("apply", "-auto-approve", "-no-color")
	if out := oneLine(r.Output()); r.ExitCode == 0 || !strings.Contains(out, "Unable to write output files") || !strings.Contains(out, "nothing about it is stored") {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	if entries, err := os.ReadDir(filepath.Join(cli.Dir, "out")); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestAccJobEphemeral_queueTimeout: an apply gives up a job that no worker takes.
func TestAccJobEphemeral_queueTimeout(t *testing.T) {
	t.Parallel()
	acctest.RequireEphemeral(t)
	acctest.RequireWriteOnly(t)
	sim := simtest.Start(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{simulator.DefaultEndpointID: {Throttled: 1}}})
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", config(sim, `input            = { a = 1 }
		input_wo         = { first = ephemeral.runpodserverless_job.stuck.status }
		input_wo_version = 1`)+`
ephemeral "runpodserverless_job" "stuck" {
  run           = terraform.applying
  input         = { mock_return = 1 }
  queue_timeout = "1s"
}
`)
	r := cli.Run("apply", "-auto-approve", "-no-color")
	if out := oneLine(r.Output()); r.ExitCode == 0 || !strings.Contains(out, "Error: No worker took the job") || !strings.Contains(out, "1 throttled") {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	requests(t, sim, "run", 1)
	requests(t, sim, "cancel", 1)
}
