package runpod_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// moment is the point of an exchange at which a server breaks it off.
type moment string

const (
	beforeHeaders moment = "before the header"
	afterHeaders  moment = "after the header"
	inBody        moment = "in the body"
	afterBody     moment = "after the body"
	inReplyHeader moment = "in the reply's header"
	inReplyBody   moment = "in the reply's body"
)

var moments = []moment{beforeHeaders, afterHeaders, inBody, afterBody, inReplyHeader, inReplyBody}

// tally counts what a server has seen of a client's requests.
type tally struct {
	mu           sync.Mutex
	begun, whole int // requests of which the header, and of which everything arrived
	broken       int // times that the server has broken off an exchange
}

func (c *tally) add(begun, whole, broken int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun += begun
	c.whole += whole
	c.broken += broken
}

func (c *tally) get() (begun, whole, broken int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begun, c.whole, c.broken
}

// frameServer speaks HTTP/2 frame by frame. It answers the first warm requests,
// and breaks off the ones after them.
type frameServer struct {
	url  string
	tls  *tls.Config // for its clients
	warm int64
	at   moment
	// breakOff ends an exchange; it returns true when the connection is closed.
	breakOff func(c *frameConn, stream uint32) (closed bool)
	reply    string
	tally    tally
	answered atomic.Int64
}

func startFrameServer(t *testing.T, s *frameServer) *frameServer {
	t.Helper()
	certificate, roots := frameCertificate(t)
	s.tls = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, CurvePreferences: quickCurves}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}, CurvePreferences: quickCurves,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.url = "https://" + listener.Addr().String()
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			conns.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { _ = listener.Close() })
	return s
}

var (
	frameCertificateOnce  sync.Once
	frameCertificateValue tls.Certificate
	frameCertificateRoots = x509.NewCertPool()
)

// quickCurves are those with which a handshake takes the race detector the least:
// the others are not in assembly, and took a third of the time of these tests.
var quickCurves = []tls.CurveID{tls.CurveP256}

// frameCertificate returns the certificate of all frame servers and a pool with it.
func frameCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	frameCertificateOnce.Do(func() {
		frameCertificateValue = selfSigned(t, time.Now().Add(time.Hour))
		leaf, err := x509.ParseCertificate(frameCertificateValue.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		frameCertificateRoots.AddCert(leaf)
	})
	return frameCertificateValue, frameCertificateRoots
}

// frameConn is one connection of a frameServer.
type frameConn struct {
	net.Conn
	framer *http2.Framer
}

func (s *frameServer) serve(conn net.Conn) {
	defer conn.Close()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	c := &frameConn{Conn: conn, framer: http2.NewFramer(conn, conn)}
	if c.framer.WriteSettings() != nil {
		return
	}
	if s.at == beforeHeaders && s.warm == 0 && s.end(c, 1) {
		return
	}
	broken := make(map[uint32]bool)
	for {
		stream, at, end, err := c.next()
		if err != nil {
			return
		}
		switch {
		case s.answered.Load() < s.warm:
			if !end {
				continue
			}
			last := s.answered.Add(1) == s.warm
			c.answer(stream, success[runpod.OpStatus], "")
			if last && s.at == beforeHeaders && s.end(c, stream+2) {
				return
			}
			continue
		case at == afterHeaders:
			s.tally.add(1, 0, 0)
		}
		if end {
			s.tally.add(0, 1, 0)
		}
		switch {
		case broken[stream] || !end && at != s.at: // the end of the request is the last chance
		case s.at == beforeHeaders:
			c.answer(stream, s.reply, "")
		default:
			broken[stream] = true
			c.answer(stream, s.reply, s.at)
			if s.end(c, stream) {
				return
			}
		}
	}
}

func (s *frameServer) end(c *frameConn, stream uint32) (closed bool) {
	s.tally.add(0, 0, 1)
	return s.breakOff(c, stream)
}

// next returns the next part of a request.
func (c *frameConn) next() (stream uint32, at moment, end bool, err error) {
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			return 0, "", false, err
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = c.framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			_ = c.framer.WritePing(true, f.Data)
		case *http2.HeadersFrame:
			return f.StreamID, afterHeaders, f.StreamEnded(), nil
		case *http2.DataFrame:
			if n := uint32(len(f.Data())); n > 0 {
				_ = c.framer.WriteWindowUpdate(0, n)
				_ = c.framer.WriteWindowUpdate(f.StreamID, n)
			}
			return f.StreamID, inBody, f.StreamEnded(), nil
		}
	}
}

// answer writes a reply, or the part of one that comes before a moment.
func (c *frameConn) answer(stream uint32, reply string, until moment) {
	if until != "" && until != inReplyHeader && until != inReplyBody {
		return
	}
	var header bytes.Buffer
	encoder := hpack.NewEncoder(&header)
	for _, field := range []hpack.HeaderField{{Name: ":status", Value: "200"}, {Name: "content-type", Value: "application/json"}} {
		_ = encoder.WriteField(field)
	}
	_ = c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: header.Bytes(), EndHeaders: until != inReplyHeader})
	switch until {
	case inReplyHeader:
	case inReplyBody:
		_ = c.framer.WriteData(stream, false, []byte(reply[:len(reply)/4])) // a job's id is not in it
	default:
		_ = c.framer.WriteData(stream, true, []byte(reply))
	}
}
