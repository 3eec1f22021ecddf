package simtest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
)

// Raw starts a server whose responses need not be valid HTTP: it reads one request per
// connection, calls answer, and closes the connection. It returns its address on
// loopback.
func Raw(t testing.TB, answer func(req *http.Request, w io.Writer)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				req, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, req.Body)
				answer(req, conn)
			}()
		}
	}()
	return listener.Addr().String()
}
