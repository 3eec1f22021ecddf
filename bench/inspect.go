package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/runpodserverless/terraform-provider-runpodserverless/bench/report"
)

// inspect records what a run has left in its folder: the size of the state, and whether
// the files equal the workers' outputs.
func (b *bench) inspect(ctx context.Context, sim *simulator, one subject, folder string, sample *report.Sample) error {
	info, err := os.Stat(filepath.Join(b.dir, folder, "terraform.tfstate"))
	switch {
	case err == nil:
		sample.State = info.Size()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if one.images == "" {
		return nil
	}
	sent, err := sim.outputs(ctx)
	if err != nil {
		return err
	}
	images := filepath.Join(b.dir, folder, one.images)
	entries, err := os.ReadDir(images)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		digest, err := digestAsSent(filepath.Join(images, entry.Name()))
		if err != nil {
			return err
		}
		sample.Files++
		if !sent[digest] {
			sample.Wrong++
		}
		delete(sent, digest) // no two files have the same output
	}
	return nil
}

// digestAsSent returns the SHA-256 digest of the JSON string that a worker sent for a
// file: its content in base64.
func digestAsSent(path string) (string, error) {
	content, err := os.ReadFile(path) //nolint:gosec // the benchmark's own file
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256([]byte(`"` + base64.StdEncoding.EncodeToString(content) + `"`))
	return hex.EncodeToString(digest[:]), nil
}
