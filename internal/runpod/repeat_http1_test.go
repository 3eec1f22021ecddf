package runpod_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// lineServer speaks HTTP/1.1 by hand: it answers the first warm requests and
// breaks off the ones after them.
type lineServer struct {
	url      string
	warm     int64
	at       moment
	reset    bool // the connection is reset, not closed
	hang     bool // or nothing happens
	reply    string
	tally    tally
	answered atomic.Int64
	open     sync.WaitGroup // connections
	stop     chan struct{}
}

func startLineServer(t *testing.T, s *lineServer) *lineServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url, s.stop = "http://"+listener.Addr().String(), make(chan struct{})
	s.open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.open.Go(func() {
				<-s.stop
				_ = conn.Close()
			})
			s.open.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); close(s.stop); s.open.Wait() })
	return s
}

func (s *lineServer) serve(conn net.Conn) {
	defer conn.Close()
	if s.warm == 0 && s.at == beforeHeaders {
		s.end(conn)
		return
	}
	r := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if s.answered.Load() < s.warm {
			_, _ = io.Copy(io.Discard, req.Body)
			reply, last := success[runpod.OpStatus], s.answered.Add(1) == s.warm
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(reply), reply)
			if last && s.at == beforeHeaders {
				s.end(conn)
				return
			}
			continue
		}
		s.tally.add(1, 0, 0)
		if s.at == afterHeaders && req.ContentLength > 0 {
			s.end(conn)
			return
		}
		if s.at == inBody && req.ContentLength > 1<<10 {
			_, _ = io.CopyN(io.Discard, req.Body, 1<<10)
			s.end(conn)
			return
		}
		if n, err := io.Copy(io.Discard, req.Body); err != nil || n != req.ContentLength {
			return
		}
		s.tally.add(0, 1, 0)
		switch s.at {
		case inReplyHeader:
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Len")
		case inReplyBody:
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(s.reply), s.reply[:len(s.reply)/4]) // a job's id is not in it
		}
		s.end(conn)
		return
	}
}

func (s *lineServer) end(conn net.Conn) {
	s.tally.add(0, 0, 1)
	if s.hang {
		<-s.stop
	}
	if tcp, ok := conn.(*net.TCPConn); ok && s.reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// TestNoDuplicates_HTTP1 tests the same table over HTTP/1.1.
func TestNoDuplicates_HTTP1(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"closed", "reset", "silent"} {
		for _, at := range moments {
			for warm := range int64(3) {
				if how == "silent" && warm == 1 {
					continue // takes its time and is like the others
				}
				t.Run(fmt.Sprintf("%s/%s/warm %d", how, at, warm), func(t *testing.T) {
					t.Parallel()
					forEachOperation(func(op runpod.Operation) {
						s := startLineServer(t, &lineServer{warm: warm, at: at, reset: how == "reset", hang: how == "silent", reply: success[op]})
						o := runpod.Options{BaseURL: s.url}
						if how == "silent" {
							o.RequestTimeout = silence
						}
						client := tableClient(t, o)
						if !warmUp(t, client, warm) {
							return
						}
						err := callLarge(t.Context(), client, op)
						begun, whole, broken := s.tally.get()
						checkOutcome(t, op, breakage{}, at, err, begun, whole, broken)
					})
				})
			}
		}
	}
}

// TestNoDuplicates_closingServer: net/http would write submissions to
// connections that the server is just closing. The client gives each one a
// connection of its own there, and all succeed.
func TestNoDuplicates_closingServer(t *testing.T) {
	t.Parallel()
	for name, linger := range map[string]time.Duration{"at once": 0, "a moment later": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen atomic.Int64
			address := simtest.Raw(t, func(req *http.Request, w io.Writer) {
				reply := success[runpod.OpStatus]
				if strings.HasSuffix(req.URL.Path, "/run") {
					reply = success[runpod.OpRun]
					seen.Add(1)
				}
				_, _ = fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(reply), reply)
				time.Sleep(linger)
			})
			client := tableClient(t, runpod.Options{BaseURL: "http://" + address})
			const jobs, workers = 200, 10
			var unknown, failed atomic.Int64
			var all sync.WaitGroup
			for range workers {
				all.Go(func() {
					for range jobs / workers {
						_, err := client.Run(t.Context(), "ep", aRequest)
						switch {
						case runpod.OutcomeUnknown(err):
							unknown.Add(1)
							t.Log(err)
						case err != nil:
							failed.Add(1)
							t.Log(err)
						default:
							_, _ = client.Status(t.Context(), "ep", "job-1")
						}
					}
				})
			}
			all.Wait()
			if unknown.Load() > 0 || failed.Load() > 0 || seen.Load() > jobs {
				t.Errorf("%d unknown, %d failed, %d submissions arrived", unknown.Load(), failed.Load(), seen.Load())
			}
		})
	}
}
