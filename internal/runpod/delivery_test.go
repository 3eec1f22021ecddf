package runpod_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// TestClientCertificate_refused: in TLS 1.3 a client learns only with the reply
// to its first request that the server does not take its certificate, and
// sometimes from a write that fails. The server reads no request then, so that a
// submission that it refuses this way has left no job behind.
func TestClientCertificate_refused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		version uint16
		http2   bool
		own     []tls.Certificate
	}{
		"none":                        {tls.VersionTLS13, false, nil},
		"none, HTTP/2":                {tls.VersionTLS13, true, nil},
		"expired, HTTP/2":             {tls.VersionTLS13, true, []tls.Certificate{selfSigned(t, time.Now().Add(-time.Hour))}},
		"of another CA, with TLS 1.2": {tls.VersionTLS12, false, []tls.Certificate{selfSigned(t, time.Now().Add(time.Hour))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reached atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
			server.EnableHTTP2 = tc.http2
			server.TLS = &tls.Config{
				Certificates: []tls.Certificate{selfSigned(t, time.Now().Add(time.Hour))},
				MinVersion:   tls.VersionTLS12, MaxVersion: tc.version, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool(),
			}
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			roots := x509.NewCertPool()
			roots.AddCert(server.Certificate())
			// Which of the two errors comes is a matter of luck.
			retries := 1
			for range 3 {
				client, err := runpod.New(runpod.Options{
					APIKey: testKey, BaseURL: server.URL, MaxRetries: &retries, RetryMinWait: time.Millisecond, RetryMaxWait: time.Millisecond,
					TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, GetClientCertificate: present(tc.own)},
				})
				if err != nil {
					t.Fatal(err)
				}
				_, err = client.Run(t.Context(), "ep", runpod.JobRequest{Input: []byte(`{"a":1}`)})
				if e, ok := runpod.AsError(err); !ok || e.Reason != runpod.ReasonTransport || e.Unknown {
					t.Fatalf("nothing was accepted, and the error says otherwise: %+v", err)
				}
			}
			if reached.Load() != 0 {
				t.Errorf("%d requests reached the server", reached.Load())
			}
		})
	}
}

// present returns own or, with none of its own, the empty certificate, no matter whom
// the server asks for.
func present(own []tls.Certificate) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if len(own) == 0 {
			return new(tls.Certificate), nil
		}
		return &own[0], nil
	}
}

func selfSigned(t *testing.T, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
