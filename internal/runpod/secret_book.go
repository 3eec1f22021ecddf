package runpod

import (
	"strings"
	"sync"
)

// maxRemembered bounds the secrets of requests that a client remembers, in bytes.
const maxRemembered = 1 << 20

// secretBook removes a client's secrets from texts: its own, and those of the requests
// that it sent recently. A gateway, or a worker's error, may repeat a request in the
// answer to another one.
type secretBook struct {
	own *redactor

	mu    sync.Mutex
	sent  map[string]*redactor // by the values
	order []string             // the keys of sent, oldest first
	bytes int
}

func newSecretBook(own ...string) *secretBook {
	return &secretBook{own: newRedactor(own...), sent: make(map[string]*redactor)}
}

// remember adds the secrets of a request, and returns a redactor for them; nil when
// there are none that a redactor looks for. The oldest requests make room for new ones.
func (b *secretBook) remember(values []string) *redactor {
	values = longEnough(values)
	if len(values) == 0 {
		return nil
	}
	key := strings.Join(values, "\x00")
	b.mu.Lock()
	defer b.mu.Unlock()
	if known, ok := b.sent[key]; ok {
		return known
	}
	r := newRedactor(values...)
	if len(key) > maxRemembered {
		return r
	}
	b.sent[key], b.order, b.bytes = r, append(b.order, key), b.bytes+len(key)
	for b.bytes > maxRemembered {
		oldest := b.order[0]
		delete(b.sent, oldest)
		b.order, b.bytes = b.order[1:], b.bytes-len(oldest)
	}
	return r
}

// redact removes every secret that the book holds from a text.
func (b *secretBook) redact(text string) string {
	text = b.own.redact(text)
	b.mu.Lock()
	sent := make([]*redactor, 0, len(b.order))
	for _, key := range b.order {
		sent = append(sent, b.sent[key])
	}
	b.mu.Unlock()
	for _, r := range sent {
		text = r.redact(text)
	}
	return text
}
