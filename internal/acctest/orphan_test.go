package acctest_test

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestAccCLI_killed: a provider whose CLI was killed cancels the jobs that an interrupt
// would cancel, and exits.
func TestAccCLI_killed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("The provider listens on a port there, which the test does not know.")
	}
	for onInterrupt, status := range map[string]string{"detach": "IN_PROGRESS", "cancel": "CANCELLED"} {
		t.Run(onInterrupt, func(t *testing.T) {
			t.Parallel()
			sockets, err := os.MkdirTemp("", "sock-") //nolint:usetesting // a socket's path must be short
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(sockets) })
			sim, waiting := startWaited(t)
			cli := acctest.NewCLI(t)
			cli.Setenv("TMPDIR", sockets)
			cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, endpointLine())+`
resource "runpodserverless_job" "slow" {
  input        = { mock_delay = 36000 }
  on_interrupt = "`+onInterrupt+`"
}
`)
			run := cli.Start("apply", "-auto-approve")
			run.WaitFor(waiting)
			if n := listening(t, sockets); n != 1 {
				t.Fatalf("%d providers serve, want 1", n)
			}
			run.KillCLI()
			for listening(t, sockets) > 0 {
				time.Sleep(10 * time.Millisecond) // until the test times out
			}
			if got := sim.Jobs(simulator.DefaultEndpointID)[0].Status; got != status {
				t.Errorf("the job is %s, want %s", got, status)
			}
		})
	}
}

// TestAccCLI_killedIdle: a provider exits even if its CLI is killed before the first
// request.
func TestAccCLI_killedIdle(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("The provider listens on a port there, which the test does not know.")
	}
	sockets, err := os.MkdirTemp("", "sock-") //nolint:usetesting // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(sockets) })
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	cli.Setenv("TMPDIR", sockets)
	cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, endpointLine())+`
resource "terraform_data" "before" {
  provisioner "local-exec" {
    command = "touch started; exec sleep 600"
  }
}

resource "runpodserverless_job" "after" {
  input      = { mock_return = 1 }
  depends_on = [terraform_data.before]
}
`)
	run := cli.Start("apply", "-auto-approve")
	run.WaitFor(simtest.When(t, func() bool {
		_, err := os.Stat(filepath.Join(cli.Dir, "started"))
		return err == nil && listening(t, sockets) == 1
	}))
	run.KillCLI()
	for listening(t, sockets) > 0 {
		time.Sleep(10 * time.Millisecond) // until the test times out
	}
	run.Kill() // the command of the provisioner
	if n := len(sim.Journal()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// listening returns how many providers listen on sockets in a directory.
func listening(t *testing.T, dir string) int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "plugin*"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, path := range paths {
		if conn, err := net.Dial("unix", path); err == nil {
			n++
			_ = conn.Close()
		}
	}
	return n
}
