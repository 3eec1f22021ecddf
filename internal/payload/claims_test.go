package payload_test

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

// TestNames: a file is one file by whatever name, whether it exists or not.
func TestNames(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	link := func(target, name string) string {
		name = filepath.Join(folder, name)
		if err := os.Symlink(target, name); err != nil {
			t.Skip(err) // as where links need a privilege
		}
		return name
	}
	if err := os.Mkdir(filepath.Join(folder, "real"), 0o700); err != nil {
		t.Fatal(err)
	}
	there := filepath.Join(folder, "there.jsonl")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(here, there)
	if err != nil {
		t.Fatal(err)
	}
	linked := link("real", "linked")
	missing := filepath.Join(folder, "missing.jsonl")
	for name, tc := range map[string]struct {
		one, other string
		same       bool
	}{
		"the same name":              {missing, missing, true},
		"not clean":                  {folder + "/a/.././missing.jsonl", missing, true},
		"relative":                   {relative, there, true},
		"relative, of none":          {"missing.jsonl", filepath.Join(here, "missing.jsonl"), true},
		"a link to a file":           {link("there.jsonl", "a"), there, true},
		"a link to none":             {link("missing.jsonl", "b"), missing, true},
		"a link to a link to none":   {link("b", "c"), missing, true},
		"in a linked folder":         {filepath.Join(linked, "x"), filepath.Join(folder, "real", "x"), true},
		"below a linked folder":      {filepath.Join(linked, "new", "x"), filepath.Join(folder, "real", "new", "x"), true},
		"a link into another folder": {link("linked/y", "d"), filepath.Join(folder, "real", "y"), true},
		"another name":               {missing, there, false},
		"another folder":             {filepath.Join(folder, "real", "x"), filepath.Join(folder, "x"), false},
		"links in a circle":          {link("f", "e"), link("e", "f"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r payload.Registry
			for range 2 { // an owner may claim its file again
				if !r.Plan(tc.one, "a", true) {
					t.Fatal("a free file was refused")
				}
			}
			if got := !r.Plan(tc.other, "b", true); got != tc.same {
				t.Errorf("%s and %s: the same file %v", tc.one, tc.other, got)
			}
		})
	}
}

// TestClaims: who may have a file when.
func TestClaims(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x")
	for label, tc := range map[string]struct {
		before          func(r *payload.Registry)
		planned, create bool // whether another one's plan and creation may have it then
	}{
		"free":               {func(*payload.Registry) {}, true, true},
		"planned":            {func(r *payload.Registry) { r.Plan(name, "a", false) }, false, true},
		"kept":               {func(r *payload.Registry) { r.Plan(name, "a", true) }, false, false},
		"to be replaced":     {func(r *payload.Registry) { r.Plan(name, "a", true); r.Plan(name, "a", false) }, false, true},
		"moved":              {func(r *payload.Registry) { r.Plan(name, "a", true); r.Plan(name+"2", "a", true) }, true, true},
		"released":           {func(r *payload.Registry) { r.Plan(name, "a", true); r.Release("a") }, true, true},
		"being created":      {func(r *payload.Registry) { r.Create(name) }, false, false},
		"created":            {func(r *payload.Registry) { settle, _ := r.Create(name); settle("a") }, false, false},
		"created and gone":   {func(r *payload.Registry) { settle, _ := r.Create(name); settle("a"); r.Release("a") }, true, true},
		"not created":        {func(r *payload.Registry) { settle, _ := r.Create(name); settle("") }, true, true},
		"created as planned": {func(r *payload.Registry) { r.Plan(name, "a", false); settle, _ := r.Create(name); settle("a") }, false, false},
		"replaced, then gone": {func(r *payload.Registry) {
			r.Plan(name, "a", false)
			settle, _ := r.Create(name)
			settle("n")
			r.Release("a")
		}, false, false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			var one, other payload.Registry
			tc.before(&one)
			if got := one.Plan(name, "b", true); got != tc.planned {
				t.Errorf("planned: %v", got)
			}
			tc.before(&other)
			if _, got := other.Create(name); got != tc.create {
				t.Errorf("created: %v", got)
			}
		})
	}
}

// TestAtOnce: of many that want a file at the same time, one gets it.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	var r payload.Registry
	var all sync.WaitGroup
	var got atomic.Int32
	name := filepath.Join(t.TempDir(), "x")
	for range 50 {
		all.Go(func() {
			if settle, ok := r.Create(name); ok {
				got.Add(1)
				settle("a")
			}
		})
	}
	all.Wait()
	if n := got.Load(); n != 1 {
		t.Errorf("%d got it", n)
	}
}
