// Command planning measures how the time that the plugin framework needs to plan a
// resource grows with its attributes and its values. README.md explains the results.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

const (
	typeName = "planning_resource"
	large    = "items" // the attribute that grows
	fields   = 10      // number of fields of each item
	rounds   = 3
	repeats  = 3
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "planning:", err)
		os.Exit(1)
	}
}

func run() error {
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	if _, err := fmt.Fprintln(out, "items\tattributes\tone plan\tdetached\t"); err != nil {
		return err
	}
	for _, items := range []int{100, 1000} {
		for _, attributes := range []int{1, 10, 20, 40} {
			s := subject{items: items, attributes: attributes}
			plain, err := s.plan(false)
			if err != nil {
				return err
			}
			detached, err := s.plan(true)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(out, "%d\t%d\t%.0f ms\t%.0f ms\t\n",
				items, attributes, ms(plain), ms(detached)); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// shortest returns the CPU time of the fastest of several rounds.
func shortest(measure func() error) (time.Duration, error) {
	var took []time.Duration
	for range rounds {
		start := spent()
		for range repeats {
			if err := measure(); err != nil {
				return 0, err
			}
		}
		took = append(took, (spent()-start)/repeats)
	}
	return slices.Min(took), nil
}

// subject is a resource with one large attribute and a number of small ones.
type subject struct{ items, attributes int }

func name(i int) string { return fmt.Sprintf("a%02d", i) }

// value returns the value of the resource. Its first small attribute has this content.
func (s subject) value(first string) (tftypes.Object, tftypes.Value) {
	item := tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}
	content := map[string]tftypes.Value{}
	for i := range fields {
		item.AttributeTypes[name(i)] = tftypes.String
		content[name(i)] = tftypes.NewValue(tftypes.String, strings.Repeat("x", 20))
	}
	all := tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}
	items := map[string]tftypes.Value{}
	for i := range s.items {
		key := fmt.Sprintf("k%04d", i)
		all.AttributeTypes[key] = item
		items[key] = tftypes.NewValue(item, content)
	}
	typ := tftypes.Object{AttributeTypes: map[string]tftypes.Type{large: tftypes.DynamicPseudoType}}
	members := map[string]tftypes.Value{large: tftypes.NewValue(all, items)}
	for i := range s.attributes {
		typ.AttributeTypes[name(i)] = tftypes.String
		members[name(i)] = tftypes.NewValue(tftypes.String, "as before")
	}
	members[name(0)] = tftypes.NewValue(tftypes.String, first)
	return typ, tftypes.NewValue(typ, members)
}

// plan measures the plan of a change of one small attribute.
func (s subject) plan(detach bool) (time.Duration, error) {
	newResource := func() resource.Resource { return &measured{attributes: s.attributes} }
	if detach {
		newResource = fastpath.Detach(newResource, large)
	}
	framework, err := providerserver.NewProtocol6WithError(&host{newResource})()
	if err != nil {
		return 0, err
	}
	server := framework
	if detach {
		all, ok := framework.(fastpath.Protocol)
		if !ok {
			return 0, fmt.Errorf("%T serves no actions", framework)
		}
		if server, err = fastpath.New(all, "planning", []func() resource.Resource{newResource}, func() any { return nil }, fastpath.DetachThreshold); err != nil {
			return 0, err
		}
	}
	typ, before := s.value("before")
	_, after := s.value("after")
	prior, err := tfprotov6.NewDynamicValue(typ, before)
	if err != nil {
		return 0, err
	}
	proposed, err := tfprotov6.NewDynamicValue(typ, after)
	if err != nil {
		return 0, err
	}
	return shortest(func() error {
		resp, err := server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
			TypeName: typeName, PriorState: &prior, ProposedNewState: &proposed, Config: &proposed,
		})
		if err == nil && len(resp.Diagnostics) > 0 {
			err = fmt.Errorf("%s: %s", resp.Diagnostics[0].Summary, resp.Diagnostics[0].Detail)
		}
		return err
	})
}

// host is a provider with the measured resource only.
type host struct{ newResource func() resource.Resource }

func (h *host) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "planning"
}
func (h *host) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse)          {}
func (h *host) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}
func (h *host) DataSources(context.Context) []func() datasource.DataSource                        { return nil }
func (h *host) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{h.newResource}
}

// measured is the measured resource. It has no plan modifiers, validators or defaults.
type measured struct{ attributes int }

func (m *measured) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_resource"
}

func (m *measured) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema.Attributes = map[string]schema.Attribute{large: schema.DynamicAttribute{Optional: true}}
	for i := range m.attributes {
		resp.Schema.Attributes[name(i)] = schema.StringAttribute{Optional: true}
	}
}
func (m *measured) Create(context.Context, resource.CreateRequest, *resource.CreateResponse) {}
func (m *measured) Read(context.Context, resource.ReadRequest, *resource.ReadResponse)       {}
func (m *measured) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}
func (m *measured) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
