package runpod

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// encodingOf returns how a reply is compressed, "" when it is not. net/http requests
// gzip and decompresses it by itself; any other encoding was not requested.
func encodingOf(resp *http.Response) string {
	encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	if encoding == "identity" {
		return ""
	}
	return encoding
}

// decompress decompresses a reply, for the encodings that a server or a gateway may
// use without being asked: a job's id must not be lost because of one.
func decompress(resp *http.Response) {
	var open func(*bufio.Reader) (io.Reader, error)
	switch encodingOf(resp) {
	case "gzip", "x-gzip":
		open = func(r *bufio.Reader) (io.Reader, error) { return gzip.NewReader(r) }
	case "deflate":
		open = openDeflate
	default:
		return
	}
	resp.Body = &decompressed{packed: resp.Body, open: unlessPlain(open)}
	resp.ContentLength = -1
	resp.Header.Del("Content-Encoding")
}

// unlessPlain returns a function that returns plain JSON as it is, in case the header
// is wrong, and opens everything else with open. No compressed JSON begins with these
// bytes, not even a bare deflate stream.
func unlessPlain(open func(*bufio.Reader) (io.Reader, error)) func(*bufio.Reader) (io.Reader, error) {
	return func(r *bufio.Reader) (io.Reader, error) {
		if head, err := r.Peek(1); err == nil && (head[0] == '{' || head[0] == '[') {
			return r, nil
		}
		return open(r)
	}
}

// openDeflate reads what servers call deflate: a zlib stream, as it should be, or a
// bare deflate stream.
func openDeflate(r *bufio.Reader) (io.Reader, error) {
	head, err := r.Peek(2)
	if err != nil {
		return nil, err
	}
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(r)
	}
	return flate.NewReader(r), nil
}

// decompressed is the body of a compressed reply.
type decompressed struct {
	packed io.ReadCloser
	open   func(*bufio.Reader) (io.Reader, error)
	reader io.Reader
	err    error
}

// Read implements io.Reader.
func (d *decompressed) Read(p []byte) (int, error) {
	if d.reader == nil && d.err == nil {
		d.reader, d.err = d.open(bufio.NewReader(d.packed))
	}
	if d.err != nil {
		return 0, d.err
	}
	return d.reader.Read(p)
}

// Close implements io.Closer.
func (d *decompressed) Close() error { return d.packed.Close() }

// compressedMessage says that a reply cannot be read because of its compression.
func compressedMessage(encoding string) string {
	return fmt.Sprintf("it is compressed in a way that the provider did not ask for: %s", printableName(encoding))
}
