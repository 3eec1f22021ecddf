package acctest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// NewGRPCServer is [NewProtocolServer] for tests of what reaches the CLI. The events of
// actions and lists, and the request to stop, go through the plugin library's server,
// which is where events can be lost.
func NewGRPCServer(t *testing.T, sim *simtest.Sim, config ...Values) *ProtocolServer {
	t.Helper()
	p := NewProtocolServer(t, sim, config...)
	served, ok := p.server.(fastpath.Protocol)
	if !ok {
		t.Fatal("the server lacks actions or lists")
	}
	p.server = serveGRPC(t, served)
	return p
}

// grpcServer is a provider whose streaming calls and StopProvider go through a
// connection.
type grpcServer struct {
	fastpath.Protocol
	conn *grpc.ClientConn
}

func serveGRPC(t *testing.T, p fastpath.Protocol) *grpcServer {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	plugin := &tf6server.GRPCProviderPlugin{
		Name: SourceAddress, GRPCProvider: func() tfprotov6.ProviderServer { return p },
		Opts: []tf6server.ServeOpt{tf6server.WithLoggingSink(t)},
	}
	if err := plugin.GRPCServer(nil, server); err != nil {
		t.Fatalf("serve the provider: %v", err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///provider", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatalf("connect to the provider: %v", err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("serve the provider: %v", err)
		}
	})
	return &grpcServer{Protocol: p, conn: conn}
}

// StopProvider implements tfprotov6.ProviderServer.
func (g *grpcServer) StopProvider(ctx context.Context, _ *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	request, err := newMessage("StopProvider.Request", nil)
	if err != nil {
		return nil, err
	}
	response, err := newMessage("StopProvider.Response", nil)
	if err != nil {
		return nil, err
	}
	return &tfprotov6.StopProviderResponse{}, g.conn.Invoke(ctx, method("StopProvider"), request.Interface(), response.Interface())
}

// InvokeAction implements tfprotov6.ActionServer.
func (g *grpcServer) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	receive, err := g.stream(ctx, "InvokeAction", fields{"action_type": req.ActionType}, req.Config)
	if err != nil {
		return nil, err
	}
	return &tfprotov6.InvokeActionServerStream{Events: func(push func(tfprotov6.InvokeActionEvent) bool) {
		for event := range receive {
			if progress := member(event, "progress"); progress.IsValid() {
				push(tfprotov6.InvokeActionEvent{Type: tfprotov6.ProgressInvokeActionEventType{Message: text(progress, "message")}})
				continue
			}
			push(tfprotov6.InvokeActionEvent{Type: tfprotov6.CompletedInvokeActionEventType{
				Diagnostics: diagnosticsOf(member(event, "completed"), "diagnostics"),
			}})
		}
	}}, nil
}

// ListResource implements tfprotov6.ListResourceServer. It returns only the names and
// the diagnostics of the results.
func (g *grpcServer) ListResource(ctx context.Context, req *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	receive, err := g.stream(ctx, "ListResource", fields{"type_name": req.TypeName, "limit": req.Limit}, req.Config)
	if err != nil {
		return nil, err
	}
	return &tfprotov6.ListResourceServerStream{Results: func(push func(tfprotov6.ListResourceResult) bool) {
		for event := range receive {
			push(tfprotov6.ListResourceResult{DisplayName: text(event, "display_name"), Diagnostics: diagnosticsOf(event, "diagnostic")})
		}
	}}, nil
}

// stream starts a streaming call and returns its events.
func (g *grpcServer) stream(ctx context.Context, name string, values fields, config *tfprotov6.DynamicValue) (func(func(protoreflect.Message) bool), error) {
	dynamic, err := newMessage("DynamicValue", fields{"msgpack": config.MsgPack})
	if err != nil {
		return nil, err
	}
	values["config"] = dynamic
	request, err := newMessage(name+".Request", values)
	if err != nil {
		return nil, err
	}
	stream, err := g.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, method(name))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(stream.SendMsg(request.Interface()), stream.CloseSend()); err != nil {
		return nil, err
	}
	return func(yield func(protoreflect.Message) bool) {
		for {
			event, err := newMessage(name+".Event", nil)
			if err == nil {
				err = stream.RecvMsg(event.Interface())
			}
			if err != nil || !yield(event) {
				return // a broken stream lacks its last event
			}
		}
	}, nil
}

// The library's protocol messages are internal, but their descriptors are in the global
// registry of protocol buffers.

type fields map[protoreflect.Name]any

func method(name string) string { return "/tfplugin6.Provider/" + name }

func newMessage(name string, values fields) (protoreflect.Message, error) {
	typ, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("tfplugin6." + name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m := typ.New()
	for field, value := range values {
		m.Set(typ.Descriptor().Fields().ByName(field), protoreflect.ValueOf(value))
	}
	return m, nil
}

func get(m protoreflect.Message, name protoreflect.Name) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(name))
}

func member(m protoreflect.Message, name protoreflect.Name) protoreflect.Message {
	return get(m, name).Message()
}

func text(m protoreflect.Message, name protoreflect.Name) string { return get(m, name).String() }

func diagnosticsOf(m protoreflect.Message, name protoreflect.Name) []*tfprotov6.Diagnostic {
	list := get(m, name).List()
	found := make([]*tfprotov6.Diagnostic, list.Len())
	for i := range found {
		one := list.Get(i).Message()
		found[i] = &tfprotov6.Diagnostic{
			Severity: tfprotov6.DiagnosticSeverity(get(one, "severity").Enum()),
			Summary:  text(one, "summary"), Detail: text(one, "detail"),
		}
	}
	return found
}
