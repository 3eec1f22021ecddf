package batch

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/batchrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

// fetchResults reads the results of a batch that has ended and puts them where the
// arguments say. It returns an error unless the model has them.
func (r *batchResource) fetchResults(ctx context.Context, m *resourceModel, ids []string, diags *diag.Diagnostics) (*batchrun.Results, error) {
	folder := ""
	if !m.ResultsFile.IsNull() {
		// Next to the results file: the same file system needs as much room anyway.
		folder = filepath.Dir(payload.Resolve(m.ResultsFile.ValueString()))
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return nil, err
		}
	}
	results, err := r.data.Batches.Collect(ctx, m.EndpointID.ValueString(), m.ID.ValueString(), m.Total.ValueInt64(), ids, folder)
	if err != nil {
		return nil, err
	}
	defer results.Close()
	m.clearResults()
	if m.ResultsFile.IsNull() {
		err = m.storeResults(results, diags)
	} else {
		err = m.writeResults(results)
	}
	if err != nil {
		return nil, err
	}
	m.Completed, m.Failed = types.Int64Value(results.Completed), types.Int64Value(results.Failed)
	m.InProgress = types.Int64Value(0)
	m.ResultsBytes = types.Int64Value(results.Bytes)
	m.ResultsInOrder = types.BoolValue(results.InOrder)
	return results, nil
}

// storeResults puts the results into the state, unless they are too large.
func (m *resourceModel) storeResults(results *batchrun.Results, diags *diag.Diagnostics) error {
	hash := sha256.New()
	limit := m.MaxOutputBytes.ValueInt64()
	tooLarge := results.Bytes > limit
	var lines bytes.Buffer
	var w io.Writer = hash
	if !tooLarge {
		w = io.MultiWriter(hash, &lines)
	}
	if _, err := results.WriteTo(w); err != nil {
		return err
	}
	m.ResultsSHA256 = types.StringValue(hex.EncodeToString(hash.Sum(nil)))
	if tooLarge {
		diags.Append(m.subject().ResultsTooLarge(results.Bytes, limit).Warning())
		return nil
	}
	tuple := append([]byte{'['}, bytes.ReplaceAll(bytes.TrimSpace(lines.Bytes()), []byte("\n"), []byte(","))...)
	value, err := dynamicjson.Decode(append(tuple, ']'))
	if err != nil {
		diags.Append(m.subject().ResultsNotStored(results.Bytes, err).Warning())
		return nil
	}
	m.Results = value
	return nil
}

// moveResults writes the results file from the results in the state, which the API did
// not return again, and reports whether it did. The content of the lines is the same,
// but their members may be in another order.
func (m *resourceModel) moveResults() bool {
	held, ok := m.Results.UnderlyingValue().(types.Tuple)
	if !ok || !m.writesFile() {
		return false
	}
	var lines bytes.Buffer
	for _, result := range held.Elements() {
		line, err := dynamicjson.Encode(result)
		if err != nil {
			return false
		}
		lines.Write(append(line, '\n'))
	}
	size := int64(lines.Len())
	if m.writeResults(&lines) != nil {
		return false
	}
	m.Results, m.ResultsBytes = types.DynamicNull(), types.Int64Value(size)
	return true
}

// writeResults writes the results file: under another name first, so that the file is
// always complete.
func (m *resourceModel) writeResults(results io.WriterTo) (err error) {
	file, err := payload.CreateOutput(m.ResultsFile.ValueString())
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.Discard()
		}
	}()
	hash := sha256.New()
	buffered := bufio.NewWriterSize(file, 64<<10)
	if _, err := results.WriteTo(io.MultiWriter(hash, buffered)); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := file.Commit(); err != nil {
		return err
	}
	m.ResultsSHA256 = types.StringValue(hex.EncodeToString(hash.Sum(nil)))
	return nil
}
