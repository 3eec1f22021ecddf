package batchrun

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"iter"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// MaxInput is the size in bytes of the largest input that fits into a call.
const MaxInput = runpod.MaxBatchBody - len(`{"requests":[{"input":}]},`)

// Inputs are the inputs of a batch's requests, in order: JSON objects that have been
// checked. They can be iterated several times. The bytes of an input are valid until
// the next one.
type Inputs = iter.Seq2[[]byte, error]

// Slice returns inputs that are in memory.
func Slice(inputs []json.RawMessage) Inputs {
	return func(yield func([]byte, error) bool) {
		for _, input := range inputs {
			if !yield(input, nil) {
				return
			}
		}
	}
}

// Work describes the requests of a batch.
type Work struct {
	Inputs Inputs
	Count  int
	Digest string // of all inputs, see Survey
}

// TooManyError says that there are more inputs than a batch can have.
type TooManyError struct{}

var _ error = TooManyError{}

// Error implements error.
func (TooManyError) Error() string {
	return fmt.Sprintf("there are more than %d requests, which is as many as a batch can have", runpod.MaxBatchRequests)
}

// Survey reads all inputs once, to count them and to compute their digest.
func Survey(inputs Inputs) (Work, error) {
	w := Work{Inputs: inputs}
	d := newDigest()
	for input, err := range inputs {
		if err != nil {
			return w, err
		}
		if w.Count++; w.Count > runpod.MaxBatchRequests {
			return w, TooManyError{}
		}
		d.add(input)
	}
	w.Digest = d.String()
	return w, nil
}

// digest is the SHA-256 of inputs, each followed by a line break.
type digest struct{ hash.Hash }

func newDigest() digest { return digest{sha256.New()} }

func (d digest) add(input []byte) {
	_, _ = d.Write(input) // a hash never fails
	_, _ = d.Write([]byte{'\n'})
}

// String returns the digest in hexadecimal.
func (d digest) String() string { return hex.EncodeToString(d.Sum(nil)) }
