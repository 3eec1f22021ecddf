package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

// NewServer returns the provider's server for the plugin protocol: the handling of a
// stop, around the fast path, around the framework. It returns an error if a resource
// does not meet the requirements of the fast path, which is a programming error.
func NewServer(version string, options ...Option) (*Stoppable, error) {
	p := newProvider(version, options)
	framework, ok := providerserver.NewProtocol6(p)().(fastpath.Protocol)
	if !ok {
		return nil, errors.New("the framework's server lacks actions or lists")
	}
	if p.wrapFramework != nil {
		framework = p.wrapFramework(framework)
	}
	server, err := fastpath.New(&finalActions{framework}, TypeName, p.Resources(context.Background()), p.configured, p.detachThreshold)
	if err != nil {
		return nil, err
	}
	return newStoppable(server, p.reusable, p.openJobs), nil
}

// configured returns the data that resources are configured with; nil until it is
// known.
func (p *runpodProvider) configured() any {
	if data := p.data.Load(); data != nil {
		return data
	}
	return nil
}

// finalActions validates the configuration of an action again when it is planned and
// before it is invoked. Terraform validates an action once, before the values of
// variables are known, and plans it when some values may still be unknown; it does not
// validate it again once all are known. It does so for resources, data sources and
// ephemeral resources.
type finalActions struct{ fastpath.Protocol }

// PlanAction implements tfprotov6.ActionServer.
func (f *finalActions) PlanAction(ctx context.Context, req *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	plan, err := f.Protocol.PlanAction(ctx, req)
	if err != nil || len(errorsOf(plan.Diagnostics)) > 0 {
		return plan, err
	}
	valid, err := f.ValidateActionConfig(ctx, &tfprotov6.ValidateActionConfigRequest{ActionType: req.ActionType, Config: req.Config})
	if err != nil {
		return nil, err
	}
	plan.Diagnostics = append(plan.Diagnostics, errorsOf(valid.Diagnostics)...) // validation has already shown its warnings
	return plan, nil
}

// InvokeAction implements tfprotov6.ActionServer.
func (f *finalActions) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	plan, err := f.PlanAction(ctx, &tfprotov6.PlanActionRequest{ActionType: req.ActionType, Config: req.Config})
	if err != nil {
		return nil, err
	}
	if refused := errorsOf(plan.Diagnostics); len(refused) > 0 {
		return completed(refused), nil
	}
	return f.Protocol.InvokeAction(ctx, req)
}

// errorsOf returns the errors among diagnostics. The plan has already shown the
// warnings.
func errorsOf(diagnostics []*tfprotov6.Diagnostic) []*tfprotov6.Diagnostic {
	var found []*tfprotov6.Diagnostic
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			found = append(found, d)
		}
	}
	return found
}

// completed returns the event stream of an action that has already failed.
func completed(diagnostics []*tfprotov6.Diagnostic) *tfprotov6.InvokeActionServerStream {
	return &tfprotov6.InvokeActionServerStream{Events: func(push func(tfprotov6.InvokeActionEvent) bool) {
		push(tfprotov6.InvokeActionEvent{Type: tfprotov6.CompletedInvokeActionEventType{Diagnostics: diagnostics}})
	}}
}
