package acctest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// DyingProcess is the provider in a process that dies at one of its steps, in a bubble
// of testing/synctest. After that, nothing is written, no request is sent, and no
// response arrives.
type DyingProcess struct {
	*ProtocolServer
	// Context is cancelled when the process ends.
	Context context.Context //nolint:containedctx // the lifetime of the process

	steps   *Steps
	ledgers *ledger.Registry
	die     context.CancelFunc
}

// Steps counts the steps of one or more processes, and lets a process die at one of
// them.
type Steps struct {
	mu    sync.Mutex
	dieAt int
	until string // or the prefix of the name of the step to die at
	names []string
	die   func()
	dead  bool
}

// NewSteps returns steps of which step number dieAt, counted from 1, kills its process;
// 0 for none.
func NewSteps(dieAt int) *Steps { return &Steps{dieAt: dieAt} }

// NewStepsUntil returns steps of which the first with this prefix kills its process.
func NewStepsUntil(name string) *Steps { return &Steps{until: name} }

var errDead = errors.New("the process is dead")

// Step counts a step. It returns an error if the process dies before it, or is dead.
func (s *Steps) Step(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.dead {
		s.names = append(s.names, name)
		s.dead = len(s.names) == s.dieAt || s.until != "" && strings.HasPrefix(name, s.until)
		if s.dead {
			s.die()
		}
	}
	if s.dead {
		return errDead
	}
	return nil
}

// Kill kills the process between two of its steps.
func (s *Steps) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
	s.die()
}

// Dead reports whether the process has died.
func (s *Steps) Dead() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dead
}

// Last returns the number and the name of the last step, for messages.
func (s *Steps) Last() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.names) == 0 {
		return "no step"
	}
	return fmt.Sprintf("step %d (%s)", len(s.names), s.names[len(s.names)-1])
}

// NewDyingProcess returns a process that uses the simulator, and a ledger in this
// folder.
func NewDyingProcess(t testing.TB, sim *simulator.Server, dir string, steps *Steps) *DyingProcess {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &DyingProcess{Context: ctx, steps: steps, die: cancel, ledgers: &ledger.Registry{Persist: true, Options: ledger.Options{
		Log: func(err error) {
			if !errors.Is(err, errDead) {
				t.Errorf("the ledger is off: %v", err)
			}
		},
		Step: func(name string) error { return steps.Step("ledger: " + name) },
	}}}
	steps.mu.Lock()
	steps.die = cancel
	steps.mu.Unlock()
	// The provider's server is not compared with the framework: there are thousands of
	// processes, and other tests compare it.
	server, err := provider.NewServer(Version, provider.WithTransport(dyingTransport{steps, simtest.RoundTripper(sim)}), provider.WithLedgers(p.ledgers))
	if err != nil {
		t.Fatalf("start the provider: %v", err)
	}
	p.ProtocolServer = serverOver(t, server)
	p.Configure(t.Context(), Values{"api_key": simulator.DefaultAPIKey, "base_url": "https://simulator.example.com/v2", "ledger_dir": dir, "endpoint_id": "demo"}).RequireNone(t)
	return p
}

// End ends the process. Unless it is dead, it closes its ledgers first.
func (p *DyingProcess) End() {
	p.die()
	if !p.steps.Dead() {
		p.ledgers.Close()
	}
	p.ledgers.Abandon()
}

type dyingTransport struct {
	steps *Steps
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t dyingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.steps.Step("request: " + req.Method + " " + req.URL.Path); err != nil {
		return nil, err
	}
	resp, err := t.next.RoundTrip(req)
	if dead := t.steps.Step("reply: " + req.Method + " " + req.URL.Path); dead != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		return nil, dead
	}
	return resp, err
}
