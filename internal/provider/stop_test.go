package provider

import (
	"context"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
)

// calls is a server that reports the contexts of its calls.
type calls struct {
	fastpath.Protocol
	begun func(context.Context)
}

func (c *calls) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func (c *calls) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (c *calls) ApplyResourceChange(ctx context.Context, _ *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	c.begun(ctx)
	return nil, nil
}

func (c *calls) ReadDataSource(ctx context.Context, _ *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	c.begun(ctx)
	return nil, nil
}

func (c *calls) OpenEphemeralResource(ctx context.Context, _ *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	c.begun(ctx)
	return nil, nil
}

func (c *calls) InvokeAction(ctx context.Context, _ *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	c.begun(ctx)
	return &tfprotov6.InvokeActionServerStream{Events: func(func(tfprotov6.InvokeActionEvent) bool) {}}, nil
}

// TestStop: a stop cancels the calls in flight and every call that arrives later.
func TestStop(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for name, call := range map[string]func(fastpath.Protocol) error{
		"apply":     func(s fastpath.Protocol) error { _, err := s.ApplyResourceChange(ctx, nil); return err },
		"read":      func(s fastpath.Protocol) error { _, err := s.ReadDataSource(ctx, nil); return err },
		"ephemeral": func(s fastpath.Protocol) error { _, err := s.OpenEphemeralResource(ctx, nil); return err },
		"action": func(s fastpath.Protocol) error {
			stream, err := s.InvokeAction(ctx, nil)
			if err == nil {
				stream.Events(nil)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &calls{}
			s := newStoppable(c, false, new(jobrun.OpenJobs))
			var stopping sync.WaitGroup
			c.begun = func(ctx context.Context) {
				if ctx.Err() != nil {
					t.Error("the call is cancelled before the stop")
				}
				stopping.Go(func() {
					if _, err := s.StopProvider(context.WithoutCancel(ctx), nil); err != nil {
						t.Error(err)
					}
				})
				<-ctx.Done()
			}
			defer stopping.Wait()
			if err := call(s); err != nil {
				t.Error(err)
			}
			c.begun = func(ctx context.Context) { <-ctx.Done() }
			if err := call(s); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStop_debugger: a process in a debugger serves several runs, and stopping one does
// not cancel the next. A process that Terraform started serves one run.
func TestStop_debugger(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, reusable := range []bool{true, false} {
		c := &calls{}
		s := newStoppable(c, reusable, new(jobrun.OpenJobs))
		if _, err := s.StopProvider(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ConfigureProvider(ctx, nil); err != nil {
			t.Fatal(err)
		}
		var ended bool
		c.begun = func(ctx context.Context) { ended = ctx.Err() != nil }
		if _, err := s.ApplyResourceChange(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if ended == reusable {
			t.Errorf("reusable %t: the call of the next run is cancelled: %t", reusable, ended)
		}
	}
}
