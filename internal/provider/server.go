package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

// NewServer returns the provider as the plugin protocol serves it.
func NewServer(version string, options ...Option) (*fastpath.Server, error) {
	p := newProvider(version, options)
	framework, ok := providerserver.NewProtocol6(p)().(fastpath.Protocol)
	if !ok {
		return nil, errors.New("the framework's server lacks actions or lists")
	}
	return fastpath.New(framework, TypeName, p.Resources(context.Background()), func() any {
		if data := p.data.Load(); data != nil {
			return data
		}
		return nil
	}), nil
}
