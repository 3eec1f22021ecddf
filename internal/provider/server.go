package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

// NewServer returns the provider as the plugin protocol serves it: what keeps a
// stop, around the fast path, around the framework.
func NewServer(version string, options ...Option) (*Stoppable, error) {
	p := newProvider(version, options)
	framework, ok := providerserver.NewProtocol6(p)().(fastpath.Protocol)
	if !ok {
		return nil, errors.New("the framework's server lacks actions or lists")
	}
	if p.wrapFramework != nil {
		framework = p.wrapFramework(framework)
	}
	server, err := fastpath.New(&finalActions{framework}, TypeName, p.Resources(context.Background()), p.configured, p.detachFrom)
	if err != nil {
		return nil, err
	}
	return newStoppable(server, p.reusable, p.openJobs), nil
}

// configured returns what resources are configured with; nil before that is known.
func (p *runpodProvider) configured() any {
	if data := p.data.Load(); data != nil {
		return data
	}
	return nil
}

// finalActions validates the configuration of an action once more before the
// action is invoked. Terraform validates and plans it once, when some of its values may
// not be known yet, and asks nothing more when they are. Resources, data sources
// and ephemeral resources are validated again by Terraform itself.
type finalActions struct{ fastpath.Protocol }

// InvokeAction implements tfprotov6.ActionServer.
func (f *finalActions) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	valid, err := f.ValidateActionConfig(ctx, &tfprotov6.ValidateActionConfigRequest{ActionType: req.ActionType, Config: req.Config})
	if err != nil {
		return nil, err
	}
	if refused := errorsOf(valid.Diagnostics); len(refused) > 0 {
		return completed(refused), nil
	}
	plan, err := f.PlanAction(ctx, &tfprotov6.PlanActionRequest{ActionType: req.ActionType, Config: req.Config})
	if err != nil {
		return nil, err
	}
	if refused := errorsOf(plan.Diagnostics); len(refused) > 0 {
		return completed(refused), nil
	}
	return f.Protocol.InvokeAction(ctx, req)
}

// errorsOf returns the errors among diagnostics. The warnings came with the plan.
func errorsOf(diagnostics []*tfprotov6.Diagnostic) []*tfprotov6.Diagnostic {
	var found []*tfprotov6.Diagnostic
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			found = append(found, d)
		}
	}
	return found
}

// completed returns the events of an action that did nothing but fail.
func completed(diagnostics []*tfprotov6.Diagnostic) *tfprotov6.InvokeActionServerStream {
	return &tfprotov6.InvokeActionServerStream{Events: func(push func(tfprotov6.InvokeActionEvent) bool) {
		push(tfprotov6.InvokeActionEvent{Type: tfprotov6.CompletedInvokeActionEventType{Diagnostics: diagnostics}})
	}}
}
