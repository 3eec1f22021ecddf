package payload_test

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

// TestNames checks that different names of a file claim the same file, whether it exists or
// not.
func TestNames(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	link := func(target, name string) string {
		name = filepath.Join(folder, name)
		if err := os.Symlink(target, name); err != nil {
			t.Skipf("make a symbolic link, which needs a privilege on Windows: %v", err)
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
				if _, ok := r.Plan("a", true, tc.one); !ok {
					t.Fatal("a free file was refused")
				}
			}
			if _, ok := r.Plan("b", true, tc.other); !ok != tc.same {
				t.Errorf("%s and %s: the same file %v", tc.one, tc.other, !ok)
			}
		})
	}
}

// TestClaims checks which claims of another resource conflict.
func TestClaims(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x")
	for label, tc := range map[string]struct {
		before          func(r *payload.Registry)
		planned, create bool // whether a plan or a creation of another resource may claim the file then
	}{
		"free":               {func(*payload.Registry) {}, true, true},
		"planned":            {func(r *payload.Registry) { r.Plan("a", false, name) }, false, true},
		"kept":               {func(r *payload.Registry) { r.Plan("a", true, name) }, false, false},
		"to be replaced":     {func(r *payload.Registry) { r.Plan("a", true, name); r.Plan("a", false, name) }, false, true},
		"moved":              {func(r *payload.Registry) { r.Plan("a", true, name); r.Plan("a", true, name+"2") }, true, true},
		"released":           {func(r *payload.Registry) { r.Plan("a", true, name); r.Release("a") }, true, true},
		"being created":      {func(r *payload.Registry) { r.Create(name) }, false, false},
		"created":            {func(r *payload.Registry) { settle, _, _ := r.Create(name); settle("a") }, false, false},
		"created and gone":   {func(r *payload.Registry) { settle, _, _ := r.Create(name); settle("a"); r.Release("a") }, true, true},
		"not created":        {func(r *payload.Registry) { settle, _, _ := r.Create(name); settle("") }, true, true},
		"created as planned": {func(r *payload.Registry) { r.Plan("a", false, name); settle, _, _ := r.Create(name); settle("a") }, false, false},
		"replaced, then gone": {func(r *payload.Registry) {
			r.Plan("a", false, name)
			settle, _, _ := r.Create(name)
			settle("n")
			r.Release("a")
		}, false, false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			var one, other payload.Registry
			tc.before(&one)
			if _, got := one.Plan("b", true, name); got != tc.planned {
				t.Errorf("planned: %v", got)
			}
			tc.before(&other)
			if _, _, got := other.Create(name); got != tc.create {
				t.Errorf("created: %v", got)
			}
		})
	}
}

// TestFoldersOfFiles checks that a folder of one resource's file cannot be the file of
// another resource.
func TestFoldersOfFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	for label, tc := range map[string]struct {
		one, other string
		free       bool
	}{
		"below":               {"x", "x/y", false},
		"far below":           {"x", "x/y/z", false},
		"above":               {"x/y", "x", false},
		"far above":           {"x/y/z", "x", false},
		"above, another case": {"x/y", "X", false},
		"beside":              {"x/y", "x/z", true},
		"a longer name":       {"x", "x2/y", true},
		"the same folder":     {"x/y/z", "x/z", true},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			var r payload.Registry
			r.Plan("a", true, path(tc.one))
			if taken, ok := r.Plan("b", true, path("b"), path(tc.other)); ok != tc.free || !ok && taken != path(tc.other) {
				t.Errorf("planned: %v, %q", ok, taken)
			}
			r.Release("b")
			settle, _, ok := r.Create(path(tc.other))
			if ok != tc.free {
				t.Errorf("created: %v", ok)
			}
			if ok {
				settle("")
			}
			r.Plan("a", false, path(tc.one))
			if _, _, ok := r.Create(path(tc.other)); !ok {
				t.Error("refused because of one that is to be replaced")
			}
			var moved payload.Registry
			moved.Plan("a", true, path(tc.one))
			moved.Plan("a", true, path("elsewhere"))
			if _, ok := moved.Plan("b", true, path(tc.other)); !ok {
				t.Error("refused because of one that has moved")
			}
		})
	}
	var r payload.Registry
	if settle, _, ok := r.Create(path("x/y")); ok {
		settle("a")
	}
	if _, ok := r.Plan("b", true, path("x")); ok {
		t.Error("the folder of a file that was created is free")
	}
	r.Release("a")
	if _, ok := r.Plan("b", true, path("x")); !ok {
		t.Error("the folder of a file that was released is not free")
	}
}

// TestAtOnce checks that only one of several concurrent creations can claim a file.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	var r payload.Registry
	var all sync.WaitGroup
	var got atomic.Int32
	name := filepath.Join(t.TempDir(), "x")
	for range 50 {
		all.Go(func() {
			if settle, _, ok := r.Create(name); ok {
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

// TestSeveral checks that an owner gets all files that it claims, or none.
func TestSeveral(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	a, b, c := filepath.Join(folder, "a"), filepath.Join(folder, "b"), filepath.Join(folder, "c")
	var r payload.Registry
	r.Plan("one", true, b)
	if taken, ok := r.Plan("other", true, a, filepath.Join(folder, ".", "b"), c); ok || filepath.Base(taken) != "b" {
		t.Errorf("planned: %q, %v", taken, ok)
	}
	if _, taken, ok := r.Create(c, b); ok || taken != b {
		t.Errorf("created: %q, %v", taken, ok)
	}
	if _, ok := r.Plan("third", true, a, c); !ok {
		t.Error("a refused claim holds files")
	}
	settle, _, ok := r.Create(filepath.Join(folder, "d"), filepath.Join(folder, "e"))
	if !ok {
		t.Fatal("free files were refused")
	}
	settle("fourth")
	if _, ok := r.Plan("fifth", true, filepath.Join(folder, "e")); ok {
		t.Error("a file of a created resource was free")
	}
}
