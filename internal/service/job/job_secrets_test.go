package job_test

import (
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// secrets are the values of every secret argument, by the argument.
var secrets = map[string]string{
	"api_key":                 "rpa_SECRET_of_the_key",
	"headers":                 "SECRET_of_a_header",
	"webhook":                 "https://hooks.example.com/SECRET_of_the_webhook",
	"s3_config.access_secret": "SECRET_of_the_bucket",
	"input_wo":                "SECRET_of_the_input",
	"sensitive_output":        "SECRET_of_the_output",
}

// secretConfiguration takes its secrets from ephemeral variables, which are in
// no plan; but for the webhook, whose argument is stored.
func secretConfiguration(sim *simtest.Sim, arguments string) string {
	return acctest.RequiredProviders() + `
variable "api_key" {
  type      = string
  ephemeral = true
}
variable "header" {
  type      = string
  ephemeral = true
}
variable "webhook" {
  type      = string
  sensitive = true
}
variable "access_secret" {
  type      = string
  ephemeral = true
}
variable "input" {
  type      = string
  ephemeral = true
}
variable "output" {
  type      = string
  ephemeral = true
}
provider "runpodserverless" {
  api_key        = var.api_key
  base_url       = "` + sim.URL + `"
  endpoint_id    = "demo"
  headers        = { X-Secret = var.header }
  max_retries    = 1
  retry_min_wait = "10ms"
}
resource "runpodserverless_job" "test" {
  input_wo         = { token = var.input, mock_return = { answer = var.output } }
  webhook          = var.webhook
  output_sensitive = true
  s3_config = {
    access_id     = "id"
    access_secret = var.access_secret
    bucket_name   = "bucket"
    endpoint_url  = "https://s3.example.com"
  }
  ` + arguments + `
}
`
}

// TestAccJobResource_secrets: whatever happens to a job, no secret is in the logs
// at TRACE (the provider's and the CLI's own), in a diagnostic or in a plan. The
// state holds what is documented to be stored, marked as sensitive: the webhook
// and sensitive_output. The webhook is in the JSON of a plan too, because
// Terraform shows the values of arguments there, and marks them.
func TestAccJobResource_secrets(t *testing.T) {
	t.Parallel()
	acctest.RequireWriteOnly(t)
	echo := "the request was " + strings.Join(slices.Collect(maps.Values(secrets)), " and ")
	// The client's own test has all spellings and sources; these go through the program.
	spellings := map[string]func(string) string{
		"plain":           func(s string) string { return s },
		"percent-encoded": url.QueryEscape,
		"base64":          func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"escaped twice":   func(s string) string { return strings.ReplaceAll(s, "/", `\\\\/`) },
	}
	var spelled []string
	for _, spell := range spellings {
		for _, secret := range secrets {
			spelled = append(spelled, spell(secret))
		}
	}
	for name, tc := range map[string]struct {
		arguments string
		fault     simulator.Fault
		interrupt bool
		exit      int
		says      string
	}{
		"applies": {says: "Creation complete"},
		"fails":   {arguments: `input = { sim_raise = "kaboom" }`, exit: 1, says: "Job ended as FAILED"},
		"times out": {
			arguments: "input = { mock_delay = 300 }\ntimeouts = { create = \"1s\" }", exit: 1, says: "Job timed out and was cancelled",
		},
		"is interrupted": {arguments: `input = { mock_delay = 300 }`, interrupt: true, exit: 1, says: "Interrupted; the job keeps running"},
		"is refused, in words that repeat the request": {
			exit: 1, says: "HTTP 400",
			fault: simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 400, Body: `{"error":"` + echo + `"}`},
		},
		"is refused, in other spellings": {
			exit: 1, says: "HTTP 400",
			fault: simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 400, Body: `{"error":"` + strings.Join(spelled, " ") + `"}`},
		},
		"is refused by a gateway": {
			exit: 1, says: "Outcome of the submission unknown",
			fault: simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 502, Body: echo},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{APIKeys: []string{secrets["api_key"]}})
			if tc.fault.Kind != "" {
				sim.Inject(tc.fault)
			}
			cli := newCLI(t, secretConfiguration(sim, tc.arguments))
			for variable, argument := range map[string]string{"api_key": "api_key", "header": "headers", "webhook": "webhook", "access_secret": "s3_config.access_secret", "input": "input_wo", "output": "sensitive_output"} {
				cli.Setenv("TF_VAR_"+variable, secrets[argument])
			}
			cli.Trace()
			args := []string{"apply", "-no-color", "-auto-approve"}
			var plan, shown acctest.Result
			if tc.fault.Kind == "" { // with a fault, the configuration and its plan are those of "applies"
				plan = cli.MustRun("plan", "-no-color", "-out=plan.bin")
				shown = cli.MustRun("show", "-no-color", "-json", "plan.bin")
				if !strings.Contains(shown.Stdout, `"webhook":true`) {
					t.Error("the plan does not mark the webhook as sensitive")
				}
				args = []string{"apply", "-no-color", "plan.bin"}
			}
			run := cli.Start(args...)
			if tc.interrupt {
				run.WaitFor(waited(t, sim))
				run.Interrupt()
			}
			r := run.Wait()
			if r.ExitCode != tc.exit || !strings.Contains(r.Output(), tc.says) {
				t.Fatalf("exit code %d\n%s", r.ExitCode, r.Output())
			}
			if body := string(sim.Journal().Op("run")[0].Body); !strings.Contains(body, secrets["input_wo"]) || !strings.Contains(body, secrets["s3_config.access_secret"]) {
				t.Fatalf("the secrets were not sent: %s", body)
			}
			stored := cli.ReadFile("terraform.tfstate")
			log := cli.TraceLog()
			for argument, secret := range secrets {
				for where, text := range map[string]string{"the output of the plan": plan.Output(), "the output of the apply": r.Output(), "the log": log, "the plan as JSON": shown.Stdout, "the state": stored} {
					allowed := where == "the state" && (argument == "webhook" || argument == "sensitive_output") || where == "the plan as JSON" && argument == "webhook"
					for spelling, spell := range spellings {
						if i := strings.Index(text, spell(secret)); i >= 0 && !allowed {
							t.Errorf("%s, %s: %s holds it: …%s…", argument, spelling, where, text[max(0, i-300):i])
						}
					}
				}
			}
		})
	}
}
