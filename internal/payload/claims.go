package payload

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// Registry knows the claims of one configured provider, which is as long as one
// plan or one apply. Its zero value is ready, and it is safe for concurrent use.
type Registry struct {
	mu     sync.Mutex
	claims map[string]claim // by the canonical name
	// folders has what must be a folder for the files that are claimed: for each
	// folder's canonical name the owners, and whether the claim of each is kept.
	folders map[string]map[string]bool
	created int
}

// claim is a resource's claim to a file. One that is not kept is that of a
// resource which does not exist yet, or is to be replaced.
type claim struct {
	owner string
	kept  bool
}

// Plan claims files for a resource that is planned, in place of what the same
// owner claimed before. It returns the first of them that is another's, or that
// another's leaves no place for, and claims nothing then. With kept unset, what is created next may take the files.
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

// Create claims files for a resource that is about to be created. It returns the
// first of them that is that of one that exists, or that such a one leaves no place for, and claims nothing then. settle
// names the owner once it is known, or gives the files back when that is "".
func (r *Registry) Create(names ...string) (settle func(owner string), taken string, ok bool) {
	resolved := CanonicalAll(names)
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.conflict(resolved, func(c claim) bool { return c.kept }); i >= 0 {
		return nil, names[i], false
	}
	r.created++
	unnamed := fmt.Sprintf("%d", r.created) // unlike any owner's name
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

// Release gives back what an owner claims.
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

// conflict returns the index of the first name that a claim of another rules out: it is
// the name of a file, or of a folder of a file, or has a file for a folder. It is -1 if
// there is none.
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

// folder is a folder, directly or not, of the first file that is in it.
type folder struct {
	name string
	of   int // index of the file
}

// foldersOf returns each folder of the files once.
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

// maxLinks ends the search in links that lead to each other.
const maxLinks = 32

// Resolve returns the one name of a file that has many: absolute, clean, and with
// links followed. Neither the file, nor its folder, nor what a link leads to need
// exist.
func Resolve(name string) string {
	if absolute, err := filepath.Abs(name); err == nil {
		name = absolute
	}
	return follow(name, maxLinks)
}

// resolveIn is [Resolve] for one of many names, with the folders that were resolved
// for others.
func resolveIn(folders map[string]string, name string) string {
	if absolute, err := filepath.Abs(name); err == nil {
		name = absolute
	}
	folder := filepath.Dir(name)
	if _, err := os.Readlink(name); err == nil || folder == name || runtime.GOOS == "windows" { // which has short names of files
		return follow(name, maxLinks)
	}
	if _, ok := folders[folder]; !ok {
		folders[folder] = follow(folder, maxLinks)
	}
	return filepath.Join(folders[folder], filepath.Base(name))
}

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
