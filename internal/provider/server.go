package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

// NewServer returns the provider as the plugin protocol serves it: what keeps a
// stop, around the fast path, around the framework.
func NewServer(version string, options ...Option) (fastpath.Protocol, error) {
	p := newProvider(version, options)
	framework, ok := providerserver.NewProtocol6(p)().(fastpath.Protocol)
	if !ok {
		return nil, errors.New("the framework's server lacks actions or lists")
	}
	if p.wrapFramework != nil {
		framework = p.wrapFramework(framework)
	}
	server, err := fastpath.New(framework, TypeName, p.Resources(context.Background()), p.configured, p.detachFrom)
	if err != nil {
		return nil, err
	}
	return NewStoppable(server, p.reusable), nil
}

// configured returns what resources are configured with; nil before that is known.
func (p *runpodProvider) configured() any {
	if data := p.data.Load(); data != nil {
		return data
	}
	return nil
}
