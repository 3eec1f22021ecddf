package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/shortcut"
)

// NewServer returns the provider as the plugin protocol serves it.
func NewServer(version string, options ...Option) (*shortcut.Server, error) {
	p := newProvider(version, options)
	framework, ok := providerserver.NewProtocol6(p)().(shortcut.Protocol)
	if !ok {
		return nil, errors.New("the framework's server lacks actions or lists")
	}
	return shortcut.New(framework, TypeName, p.Resources(context.Background()), func() any {
		if data := p.data.Load(); data != nil {
			return data
		}
		return nil
	}), nil
}
