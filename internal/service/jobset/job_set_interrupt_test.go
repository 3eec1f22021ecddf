package jobset_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// stored is what a state file holds of the set.
type stored struct {
	Status string
	Jobs   map[string]struct {
		ID     *string
		Status *string
	}
	Succeeded      int
	CreationFailed bool `json:"creation_failed"`
}

func readState(t *testing.T, cli *acctest.CLI) stored {
	t.Helper()
	var file struct {
		Resources []struct {
			Instances []struct {
				Status     string
				Attributes json.RawMessage
			}
		}
	}
	if err := json.Unmarshal([]byte(cli.ReadFile("terraform.tfstate")), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Resources) != 1 || len(file.Resources[0].Instances) != 1 {
		t.Fatal("there is no resource in the state")
	}
	one := file.Resources[0].Instances[0]
	s := stored{Status: one.Status}
	if err := json.Unmarshal(one.Attributes, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAccJobSetResource_interrupt: after a Ctrl-C every job that was submitted
// is in the state, which is not tainted; the next apply waits for them and
// submits only the remaining keys.
func TestAccJobSetResource_interrupt(t *testing.T) {
	t.Parallel()
	for _, choice := range []string{"detach", "cancel"} {
		t.Run(choice, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", config(sim, fmt.Sprintf(`inputs = { for i in range(30) : format("k%%02d", i) => i < 5 ? { mock_return = i, mock_delay = 0 } : { mock_return = i, mock_delay = 300 } }
				max_in_flight = 10
				on_interrupt  = %q`, choice)))
			run := cli.Start("apply", "-auto-approve", "-no-color")
			run.WaitFor(sim.Reached(t, "status-sync", 15))
			run.Interrupt()
			r := run.Wait()
			requests(t, sim, "run", 15)
			state := readState(t, cli)
			known := make(map[string]bool)
			for _, j := range state.Jobs {
				if j.ID != nil {
					known[*j.ID] = true
				}
			}
			for _, j := range sim.Jobs("demo") {
				if !known[j.ID] {
					t.Errorf("job %s is not in the state", j.ID)
				}
			}
			if r.ExitCode != 1 || len(state.Jobs) != 30 || len(known) != 15 || state.Succeeded != 5 {
				t.Fatalf("exit code %d, %d keys, %d ids, %d completed\n%s", r.ExitCode, len(state.Jobs), len(known), state.Succeeded, r.Output())
			}
			if choice == "cancel" {
				requests(t, sim, "cancel", 10)
			}
			title := map[string]string{"detach": "Interrupted; the jobs keep running", "cancel": "Interrupted; the jobs were cancelled"}[choice]
			if !strings.Contains(r.Output(), title) || state.Status != "" || strings.Contains(r.Output(), "inconsistent") {
				t.Errorf("%q\n%s", state.Status, r.Output())
			}

			sim.FastForward(t, 6*time.Minute)
			cli.MustRun("apply", "-auto-approve")
			if state := readState(t, cli); state.Succeeded != 30 || state.Status != "" {
				t.Errorf("%d completed, %q", state.Succeeded, state.Status)
			}
			want := 30
			if choice == "cancel" {
				want += 10 // the cancelled keys
			}
			requests(t, sim, "run", want)
		})
	}
}

// TestAccJobSetResource_cutSubmissions: killed connections, with the real CLI. The
// next apply submits the keys without an id, whether Terraform replaces the set or the
// state is untainted by hand.
func TestAccJobSetResource_cutSubmissions(t *testing.T) {
	t.Parallel()
	for name, untaint := range map[string]bool{"replaced": false, "untainted": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cutSubmissions(t, untaint)
		})
	}
}

func cutSubmissions(t *testing.T, untaint bool) {
	t.Helper()
	sim := simtest.Start(t, simulator.Options{})
	remove := sim.Inject(simulator.Fault{Op: "run", Kind: simulator.CutAfter, Every: 3})
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", config(sim, `inputs = { for i in range(30) : "k${i}" => { mock_return = i } }
		max_in_flight = 4`))
	r := cli.Run("apply", "-auto-approve", "-no-color")
	if state := readState(t, cli); r.ExitCode != 1 || !strings.Contains(r.Output(), "Outcome of submissions unknown") || state.Succeeded != 20 || len(state.Jobs) != 30 || len(sim.Jobs("demo")) != 30 {
		t.Fatalf("exit code %d, %d completed\n%s", r.ExitCode, state.Succeeded, r.Output())
	}
	requests(t, sim, "run", 30)
	remove()
	if untaint {
		cli.MustRun("untaint", address)
	}
	cli.MustRun("apply", "-auto-approve")
	if state := readState(t, cli); state.Succeeded != 30 || state.CreationFailed {
		t.Errorf("%d completed, %v", state.Succeeded, state.CreationFailed)
	}
	requests(t, sim, "run", 40)
}
