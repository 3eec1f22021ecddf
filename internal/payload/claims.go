package payload

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// Registry has the claims of one configured provider instance, which lives as long as one
// plan or one apply. Its zero value is ready to use. It is safe for concurrent use.
type Registry struct {
	mu     sync.Mutex
	claims map[string]claim // by canonical name of the file
	// folders has all folders above claimed files, by canonical name: for each, the
	// owners of the files in it, and whether their claims are kept.
	folders map[string]map[string]bool
	created int // number of calls of Create, which numbers owners without a name
}

// claim is a resource's claim to a file.
type claim struct {
	owner string
	kept  bool // the resource exists, and is not going to be replaced
}

// Plan claims files for a planned resource, and releases what the same owner claimed
// before. If a file conflicts with the claim of another owner, because one of the two
// files is the other or a folder of it, Plan returns its name and false, and changes
// nothing. Without kept, [Registry.Create] can still claim the files for another resource.
func (r *Registry) Plan(owner string, kept bool, names ...string) (taken string, ok bool) {
	resolved := CanonicalAll(names)
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.conflict(resolved, func(c claim) bool { return c.owner != owner }); i >= 0 {
		return names[i], false
	}
	r.release(owner)
	r.put(resolved, claim{owner, kept})
	return "", true
}

// Create claims files for a resource that is about to be created. If a file conflicts with
// a kept claim, Create returns its name and false, and claims nothing. Otherwise the caller
// calls settle with the owner when it is known, or with "" to release the files.
func (r *Registry) Create(names ...string) (settle func(owner string), taken string, ok bool) {
	resolved := CanonicalAll(names)
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.conflict(resolved, func(c claim) bool { return c.kept }); i >= 0 {
		return nil, names[i], false
	}
	r.created++
	unnamed := fmt.Sprintf("%d", r.created) // no owner has such a name
	r.put(resolved, claim{unnamed, true})
	return func(owner string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.release(unnamed)
		if owner == "" {
			return
		}
		r.put(resolved, claim{owner, true})
	}, "", true
}

// Release releases all claims of an owner.
func (r *Registry) Release(owner string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release(owner)
}

func (r *Registry) release(owner string) {
	maps.DeleteFunc(r.claims, func(_ string, c claim) bool { return c.owner == owner })
	maps.DeleteFunc(r.folders, func(_ string, owners map[string]bool) bool {
		delete(owners, owner)
		return len(owners) == 0
	})
}

func (r *Registry) put(resolved []string, c claim) {
	if r.claims == nil {
		r.claims, r.folders = make(map[string]claim), make(map[string]map[string]bool)
	}
	for _, name := range resolved {
		r.claims[name] = c
	}
	for _, folder := range foldersOf(resolved) {
		if r.folders[folder.name] == nil {
			r.folders[folder.name] = make(map[string]bool)
		}
		r.folders[folder.name][c.owner] = c.kept
	}
}

// conflict returns the index of the first name that conflicts with another claim: a
// claimed file has the name, is in a folder with that name, or is a folder of it. It
// returns -1 if there is none.
func (r *Registry) conflict(resolved []string, another func(claim) bool) int {
	for i, name := range resolved {
		if c, claimed := r.claims[name]; claimed && another(c) {
			return i
		}
		for owner, kept := range r.folders[name] {
			if another(claim{owner, kept}) {
				return i
			}
		}
	}
	for _, folder := range foldersOf(resolved) {
		if c, claimed := r.claims[folder.name]; claimed && another(c) {
			return folder.of
		}
	}
	return -1
}

// folder is a folder above a file, and the first file that is in it or below it.
type folder struct {
	name string
	of   int // index of that file
}

// foldersOf returns all folders above the files, without duplicates.
func foldersOf(resolved []string) []folder {
	var all []folder
	seen := make(map[string]bool)
	for i, name := range resolved {
		for above := filepath.Dir(name); !seen[above]; above = filepath.Dir(above) {
			seen[above] = true
			all = append(all, folder{above, i})
		}
	}
	return all
}

// maxLinks is how many links are followed, which may lead to each other.
const maxLinks = 32

// Resolve returns the absolute and clean path of a file, with all symbolic links followed.
// Neither the file nor its folder nor the target of a link has to exist.
func Resolve(name string) string {
	if absolute, err := filepath.Abs(name); err == nil {
		name = absolute
	}
	return follow(name, maxLinks)
}

// resolveIn is [Resolve] for one of many names. folders caches the resolved folders.
func resolveIn(folders map[string]string, name string) string {
	if absolute, err := filepath.Abs(name); err == nil {
		name = absolute
	}
	folder := filepath.Dir(name)
	if _, err := os.Readlink(name); err == nil || folder == name || runtime.GOOS == "windows" { // Windows also has short names
		return follow(name, maxLinks)
	}
	if _, ok := folders[folder]; !ok {
		folders[folder] = follow(folder, maxLinks)
	}
	return filepath.Join(folders[folder], filepath.Base(name))
}

// follow resolves an absolute path, following at most that many links.
func follow(name string, links int) string {
	if found, err := filepath.EvalSymlinks(name); err == nil {
		return found
	}
	folder := filepath.Dir(name)
	if folder == name {
		return name
	}
	target, err := os.Readlink(name)
	if err != nil || links == 0 {
		return filepath.Join(follow(folder, links), filepath.Base(name))
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(follow(folder, links), target)
	}
	return follow(target, links-1)
}
