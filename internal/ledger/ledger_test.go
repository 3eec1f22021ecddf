package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

const (
	kind     = "job"
	endpoint = "demo"
)

func mark(text string) ledger.Fingerprint { return ledger.NewFingerprint(text) }

func open(t *testing.T, dir string) *ledger.Ledger {
	t.Helper()
	l := ledger.New(ledger.Options{Dir: dir, Log: func(err error) { t.Errorf("the ledger is off: %v", err) }})
	t.Cleanup(l.Abandon)
	return l
}

// submit records a submission, and its job ID unless that is "".
func submit(l *ledger.Ledger, text, id string) *ledger.Record {
	r := l.Begin(kind, endpoint, mark(text))
	r.Sending()
	if id != "" {
		r.Accepted(id)
	}
	return r
}

// claim claims a submission for each text, and returns the job IDs: "?" for a submission
// without an ID, "-" if there is none to claim.
func claim(l *ledger.Ledger, texts ...string) []string {
	wanted := make([]ledger.Fingerprint, len(texts))
	for i, text := range texts {
		wanted[i] = mark(text)
	}
	ids := make([]string, len(texts))
	for i, r := range l.Claim(kind, endpoint, wanted) {
		switch {
		case r == nil:
			ids[i] = "-"
		case r.JobID() == "":
			ids[i] = "?"
		default:
			ids[i] = r.JobID()
		}
	}
	return ids
}

// files returns the paths of the ledger's files.
func files(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func want(t *testing.T, got any, expected string) {
	t.Helper()
	if fmt.Sprint(got) != expected {
		t.Errorf("got %v, want %s", got, expected)
	}
}

// TestLedger_death checks what the next process can claim after a process ended or died
// with an entry in each state.
func TestLedger_death(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		leave   func(l *ledger.Ledger)
		orderly string // what can be claimed after an orderly end
		death   string // and after a death
	}{
		"nothing sent":      {func(l *ledger.Ledger) { l.Begin(kind, endpoint, mark("a")).Returned() }, "-", "-"},
		"sent":              {func(l *ledger.Ledger) { submit(l, "a", "") }, "?", "?"},
		"refused":           {func(l *ledger.Ledger) { submit(l, "a", "").NotAccepted() }, "-", "-"},
		"refused and again": {func(l *ledger.Ledger) { r := submit(l, "a", ""); r.NotAccepted(); r.Sending() }, "?", "?"},
		"refused, reported": {func(l *ledger.Ledger) { r := submit(l, "a", ""); r.NotAccepted(); r.Returned() }, "-", "-"},
		"unknown, reported": {func(l *ledger.Ledger) { submit(l, "a", "").Returned() }, "-", "?"},
		"accepted":          {func(l *ledger.Ledger) { submit(l, "a", "1") }, "1", "1"},
		"returned":          {func(l *ledger.Ledger) { submit(l, "a", "1").Returned() }, "-", "1"},
		"creation failed":   {func(l *ledger.Ledger) { submit(l, "a", "1").Failed() }, "1", "1"},
		"released":          {func(l *ledger.Ledger) { submit(l, "a", "1").Release() }, "1", "1"},
		"dropped":           {func(l *ledger.Ledger) { submit(l, "a", "1").Drop() }, "-", "-"},
		"forgotten":         {func(l *ledger.Ledger) { submit(l, "a", "1").Failed(); l.Forget("1") }, "-", "-"},
		"offered": {func(l *ledger.Ledger) {
			l.Offer(ledger.Offered{Kind: kind, Endpoint: endpoint, Fingerprint: mark("a"), JobID: "1", SubmittedAt: time.Now()})
		}, "1", "1"},
		"failed, then seen":   {func(l *ledger.Ledger) { submit(l, "a", "1").Failed(); l.Seen(true, "1") }, "1", "1"},
		"another fingerprint": {func(l *ledger.Ledger) { submit(l, "b", "1") }, "-", "-"},
		"a very long id":      {func(l *ledger.Ledger) { submit(l, "a", strings.Repeat("x", 5000)) }, "?", "?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for end, expected := range map[string]string{"orderly": tc.orderly, "death": tc.death} {
				dir := filepath.Join(t.TempDir(), "data", "ledger")
				l := open(t, dir)
				tc.leave(l)
				if end == "orderly" {
					l.Close()
				} else {
					l.Abandon()
				}
				next := open(t, dir)
				want(t, claim(next, "a"), "["+expected+"]")
				want(t, claim(next, "a"), "[-]")
				next.Close()
				if left := files(t, dir); end == "orderly" && expected == "-" && name != "another fingerprint" && len(left) > 0 {
					t.Errorf("%s: left: %v", end, left)
				}
			}
		})
	}
}

// TestLedger_live checks that the submissions of a live process cannot be claimed, neither
// by that process nor by another one.
func TestLedger_live(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := open(t, dir), open(t, dir)
	submit(first, "a", "1")
	r := submit(first, "b", "2")
	r.Returned()
	want(t, claim(second, "a", "b"), "[- -]")
	want(t, claim(first, "a", "b"), "[- -]")
	if second.HasOrphans() {
		t.Error("orphans of a live process")
	}
	first.Abandon()
	want(t, claim(open(t, dir), "a", "b"), "[1 2]")
}

// TestLedger_eachOnce checks that each of several equal submissions is claimed exactly once
// when several processes claim them at the same time.
func TestLedger_eachOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 2 {
		l := open(t, dir)
		for j := range 10 {
			submit(l, "a", fmt.Sprint(i*10+j))
		}
		l.Abandon()
	}
	var mu sync.Mutex
	seen := map[string]int{}
	var wg sync.WaitGroup
	for range 4 {
		l := open(t, dir)
		for range 4 {
			wg.Go(func() {
				for _, id := range claim(l, "a", "a") {
					mu.Lock()
					seen[id]++
					mu.Unlock()
				}
			})
		}
	}
	wg.Wait()
	if len(seen) != 21 || seen["-"] != 12 {
		t.Errorf("%v", seen)
	}
}

// TestLedger_claimedAndDied checks that what a process has claimed can be claimed again
// after its death.
func TestLedger_claimedAndDied(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	submit(l, "a", "1")
	submit(l, "a", "")
	l.Abandon()
	for range 3 {
		l = open(t, dir)
		want(t, claim(l, "a", "a", "a"), "[1 ? -]")
		l.Abandon()
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("files: %v", got)
	}
}

// TestLedger_seen checks that a job cannot be claimed after a refresh has seen it in a
// state, because the process that died had returned it.
func TestLedger_seen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	submit(l, "a", "1").Returned()
	submit(l, "b", "2")
	submit(l, "c", "")
	l.Abandon()
	next := open(t, dir)
	next.Seen(false, "1", "9")
	want(t, claim(next, "a", "b", "c"), "[- 2 ?]")
	next.Seen(false, "2") // claimed by this process
	next.Abandon()
	next = open(t, dir)
	next.Seen(false, "2")
	want(t, claim(next, "b", "c"), "[- ?]")
}

// TestLedger_createBeforeDestroy checks that the delete of the tainted resource reports the
// job as taken over, once, also if the process dies in between.
func TestLedger_createBeforeDestroy(t *testing.T) {
	t.Parallel()
	for _, refreshed := range []bool{true, false} {
		for _, die := range []bool{false, true} {
			t.Run(fmt.Sprintf("refreshed %t, died %t", refreshed, die), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				l := open(t, dir)
				again := func() {
					if die {
						l.Abandon()
						l = open(t, dir)
					}
				}
				take := func() *ledger.Record {
					r := l.Claim(kind, endpoint, []ledger.Fingerprint{mark("a")})[0]
					if r == nil || r.JobID() != "1" {
						t.Fatalf("%+v", r)
					}
					return r
				}
				submit(l, "a", "1").Failed()
				l.Close()
				l = open(t, dir)
				if refreshed {
					l.Seen(true, "1")
					l.Close()
					l = open(t, dir)
				}
				r := take()
				again()
				l.Seen(true, "1") // in the tainted resource
				if die {
					r = take()
				}
				r.Returned()
				if refreshed {
					again()
				}
				want(t, l.Remove(true, "0", "1"), "map[1:true]")
				l.Seen(false, "1") // in its replacement
				want(t, l.Remove(true, "1"), "map[]")
				l.Close()
				if left := files(t, dir); len(left) > 0 {
					content, _ := os.ReadFile(left[0])
					t.Errorf("left: %s", content)
				}
			})
		}
	}
}

// TestLedger_chain checks that creates can take over a job one after the other if each of
// them fails, and that the delete of each tainted resource leaves the job running.
func TestLedger_chain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	submit(l, "a", "1").Failed()
	l.Close()
	for range 2 {
		l = open(t, dir)
		l.Seen(true, "1")
		r := l.Claim(kind, endpoint, []ledger.Fingerprint{mark("a")})[0]
		if r == nil {
			t.Fatal("nothing to claim")
		}
		r.Failed()
		l.Close()
	}
	l = open(t, dir)
	l.Seen(true, "1")
	l.Claim(kind, endpoint, []ledger.Fingerprint{mark("a")})[0].Returned()
	for range 3 {
		want(t, l.Remove(true, "1"), "map[1:true]")
	}
	want(t, l.Remove(true, "1"), "map[]")
	l.Close()
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestLedger_notStored checks a kill of Terraform before it has stored a resource whose
// creation failed. The resource that takes the job over is the only one that has it:
// nothing stays in the ledger, and its delete cancels the job.
func TestLedger_notStored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	submit(l, "a", "1").Failed()
	submit(l, "a", "2").Failed()
	l.Close()
	l = open(t, dir)
	l.Seen(true, "2") // the other one was stored
	l.Close()
	l = open(t, dir)
	rs := l.Claim(kind, endpoint, []ledger.Fingerprint{mark("a"), mark("a")})
	for _, r := range rs {
		r.Returned()
	}
	want(t, l.Remove(true, "2"), "map[2:true]")
	l.Close()
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	l = open(t, dir)
	want(t, l.Remove(false, "1"), "map[]")
	l.Abandon()
}

// TestLedger_takenOver checks that the delete of the healthy resource that took a job over
// does not report that job as taken over.
func TestLedger_takenOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	submit(l, "a", "1").Failed()
	l.Close()
	l = open(t, dir)
	l.Seen(true, "1")
	l.Claim(kind, endpoint, []ledger.Fingerprint{mark("a")})[0].Returned()
	l.Abandon() // whether or not Terraform has stored the healthy resource
	l = open(t, dir)
	l.Seen(false, "1")
	want(t, claim(l, "a"), "[-]")
	want(t, l.Remove(false, "1"), "map[]")
	want(t, l.Remove(true, "1"), "map[1:true]")
	l.Close()
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestLedger_removalNotStored checks a kill of Terraform after the tainted resource was
// removed, which Terraform may or may not have stored.
func TestLedger_removalNotStored(t *testing.T) {
	t.Parallel()
	for _, refreshed := range []string{"both", "the replacement", "none"} {
		t.Run(refreshed, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			l := open(t, dir)
			submit(l, "a", "1").Failed()
			l.Close()
			l = open(t, dir)
			l.Seen(true, "1")
			l.Claim(kind, endpoint, []ledger.Fingerprint{mark("a")})[0].Returned()
			for range 2 {
				want(t, l.Remove(true, "1"), "map[1:true]")
				l.Abandon()
				l = open(t, dir)
			}
			if refreshed == "both" {
				l.Seen(true, "1")
			}
			if refreshed != "none" {
				l.Seen(false, "1")
			}
			want(t, claim(l, "a"), map[bool]string{true: "[1]", false: "[-]"}[refreshed == "none"])
			l.Close()
			left := len(files(t, dir))
			if stays := refreshed != "the replacement"; stays != (left > 0) {
				t.Errorf("%d files are left", left)
			}
			l = open(t, dir)
			want(t, len(l.Remove(true, "1")) == 1, fmt.Sprint(left > 0))
			l.Close()
			if left := files(t, dir); refreshed != "none" && len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// TestLedger_exchanged checks two tainted resources with equal jobs, where the first create
// takes over the job of the other resource. The next create gets the job of the first
// resource, also if that resource is removed in between.
func TestLedger_exchanged(t *testing.T) {
	t.Parallel()
	for name, writes := range map[string]int{"no death": 0, "death after a claim": 3, "death during a claim": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exchange(t, writes)
		})
	}
}

// exchange runs that test, after a process has claimed a job and died after so many
// writes: of the header, of the claim, and of what that changes in the other file. With
// 0 there is no such process.
func exchange(t *testing.T, writes int) {
	t.Helper()
	dir := t.TempDir()
	now := time.Now()
	l := ledger.New(ledger.Options{Dir: dir, Now: func() time.Time { return now }})
	submit(l, "b", "4").Failed()
	now = now.Add(-time.Minute) // so that the file of a process that claims these entries sorts before this file
	submit(l, "a", "1").Failed()
	submit(l, "a", "2").Failed()
	submit(l, "a", "3").Failed()
	l.Close()
	l = open(t, dir)
	l.Seen(true, "1", "2", "3", "4")
	l.Close()
	l = open(t, dir)
	take := func() string {
		r := l.Claim(kind, endpoint, []ledger.Fingerprint{mark("a")})[0]
		if r == nil {
			return "-"
		}
		r.Returned()
		return r.JobID()
	}
	if writes > 0 {
		dying := ledger.New(ledger.Options{Dir: dir, Step: func(name string) error {
			if name == "write" {
				writes--
			}
			if writes < 0 {
				return errors.New("dead")
			}
			return nil
		}})
		want(t, claim(dying, "a"), "[1]")
		dying.Abandon()
		l.Seen(true, "1", "2", "3", "4")
	}
	want(t, take(), "1")
	want(t, l.Remove(true, "4"), "map[]") // another fingerprint
	want(t, l.Remove(true, "2"), "map[2:true]")
	want(t, l.Remove(true, "3"), "map[]") // one was taken over, not two
	want(t, take(), "2")
	want(t, l.Remove(true, "1"), "map[1:true]")
	want(t, take(), "-")
	l.Close()
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestLedger_forgotten checks that Forget leaves nothing of a job, also if a process had
// taken it over and died.
func TestLedger_forgotten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	submit(l, "a", "1").Failed()
	l.Close()
	l = open(t, dir)
	l.Seen(true, "1")
	want(t, claim(l, "a"), "[1]")
	l.Abandon()
	l = open(t, dir)
	l.Forget("1")
	l.Close()
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestLedger_offer checks that a job can be offered again after a death, and that its
// result is passed on within a process.
func TestLedger_offer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	submit(l, "a", "1").Failed()
	l.Close()
	l = open(t, dir)
	o := ledger.Offered{Kind: kind, Endpoint: endpoint, Fingerprint: mark("a"), JobID: "1", Result: "done"}
	l.Remove(true, "1")
	l.Offer(o)
	l.Abandon()
	l = open(t, dir)
	want(t, l.Remove(true, "1"), "map[]")
	l.Offer(o) // Terraform had not stored the removal
	r := l.Claim(kind, endpoint, []ledger.Fingerprint{mark("a")})[0]
	if r == nil || r.Result() != "done" {
		t.Fatalf("%+v", r)
	}
	want(t, claim(l, "a"), "[-]")
	r.Returned()
	l.Close()
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestLedger_memory checks that offered jobs can be claimed without a folder.
func TestLedger_memory(t *testing.T) {
	t.Parallel()
	l := ledger.New(ledger.Options{})
	submit(l, "a", "1").Failed()
	l.Offer(ledger.Offered{Kind: kind, Endpoint: endpoint, Fingerprint: mark("b"), JobID: "2"})
	want(t, claim(l, "a", "a", "b"), "[- - 2]")
	want(t, l.Remove(true, "1", "2"), "map[]")
	l.Seen(false, "1")
	l.Forget("2")
	l.Close()
	var none *ledger.Ledger
	none.Begin(kind, endpoint, mark("a")).Sending()
	want(t, claim(none, "a"), "[-]")
}

// TestRegistry_runs checks a process that serves several Terraform runs: the second run can
// claim the job of a create that failed in the first run, and the first cannot.
func TestRegistry_runs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := &ledger.Registry{Persist: true}
	l := r.Open(dir, func(err error) { t.Error(err) })
	submit(l, "a", "1").Failed()
	want(t, claim(l, "a"), "[-]")
	if r.Open(dir, nil) != l || r.Open(dir+"x", nil) == l {
		t.Fatal("a folder has one ledger")
	}
	want(t, claim(l, "a"), "[1]")
	want(t, l.Remove(true, "1"), "map[1:true]")
	l.Forget("1")
	r.Close()
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestLedger_damaged checks that only the incomplete line of a damaged file is lost.
func TestLedger_damaged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	submit(l, "a", "1")
	submit(l, "b", "2")
	l.Abandon()
	name := files(t, dir)[0]
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := len(content); cut >= 0; cut-- {
		for _, tail := range []string{"", "\x00\xff", "\n{}\n[]\n{\"nonce\":7}\n" + strings.Repeat("y", 40_000) + "\n"} {
			if err := os.WriteFile(name, append(content[:cut:cut], tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			next := ledger.New(ledger.Options{Dir: dir})
			got := claim(next, "a", "b")
			next.Close()
			for i, possible := range []string{"1?-", "2?-"} {
				if !strings.Contains(possible, got[i]) {
					t.Fatalf("cut at %d: %v", cut, got)
				}
			}
			if cut == len(content) && fmt.Sprint(got) != "[1 2]" {
				t.Fatalf("whole: %v", got)
			}
			for _, left := range files(t, dir) {
				if err := os.Remove(left); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestLedger_full checks that errors are logged once, and that the process continues to
// work from memory.
func TestLedger_full(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	for at := range 12 {
		dir := filepath.Join(t.TempDir(), "ledger")
		n, logged := 0, 0
		l := ledger.New(ledger.Options{Dir: dir, Log: func(err error) {
			logged++
			if !errors.Is(err, full) {
				t.Error(err)
			}
		}, Step: func(string) error {
			if n++; n > at {
				return full
			}
			return nil
		}})
		submit(l, "a", "1").Returned()
		submit(l, "b", "2").Failed()
		l.Remove(true, "2")
		l.Offer(ledger.Offered{Kind: kind, Endpoint: endpoint, Fingerprint: mark("b"), JobID: "2"})
		want(t, claim(l, "b", "b"), "[2 -]")
		l.Close()
		if logged > 1 || logged == 0 && at < 3 {
			t.Errorf("at step %d: logged %d times", at, logged)
		}
	}
}

// TestLedger_hostile checks that the ledger works in memory if something else is in place of
// the folder, or if others can write to it.
func TestLedger_hostile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other links and no modes")
	}
	for name, prepare := range map[string]func(t *testing.T, dir, other string) error{
		"a link":          func(_ *testing.T, dir, other string) error { return os.Symlink(other, dir) },
		"a dangling link": func(_ *testing.T, dir, other string) error { return os.Symlink(filepath.Join(other, "x"), dir) },
		"a file":          func(_ *testing.T, dir, _ string) error { return os.WriteFile(dir, []byte("x"), 0o600) },
		"writable for all": func(_ *testing.T, dir, _ string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o777))
		},
		"a link for the lock": func(_ *testing.T, dir, other string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.Symlink(filepath.Join(other, "lock"), filepath.Join(dir, "lock")))
		},
		"no folder above": func(_ *testing.T, dir, _ string) error { return os.WriteFile(filepath.Dir(dir), nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := t.TempDir()
			other := filepath.Join(top, "other")
			if err := os.Mkdir(other, 0o700); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(top, "ledger")
			if name == "no folder above" {
				dir = filepath.Join(top, "data", "ledger")
			}
			if err := prepare(t, dir, other); err != nil {
				t.Fatal(err)
			}
			logged := 0
			l := ledger.New(ledger.Options{Dir: dir, Log: func(error) { logged++ }})
			submit(l, "a", "1").Release()
			want(t, claim(l, "a"), "[1]")
			l.Close()
			if logged != 1 {
				t.Errorf("logged %d times", logged)
			}
			if left, _ := os.ReadDir(other); len(left) > 0 {
				t.Errorf("written through the link: %v", left)
			}
		})
	}
}

// TestLedger_linkedFile checks that the ledger ignores a symbolic link to one of its files.
func TestLedger_linkedFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other links")
	}
	top := t.TempDir()
	l := ledger.New(ledger.Options{Dir: filepath.Join(top, "a")})
	submit(l, "a", "1")
	l.Abandon()
	if err := os.Mkdir(filepath.Join(top, "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	source := files(t, filepath.Join(top, "a"))[0]
	if err := os.Symlink(source, filepath.Join(top, "b", "x.jsonl")); err != nil {
		t.Fatal(err)
	}
	want(t, claim(ledger.New(ledger.Options{Dir: filepath.Join(top, "b")}), "a"), "[-]")
	want(t, claim(ledger.New(ledger.Options{Dir: filepath.Join(top, "a")}), "a"), "[1]")
}

// TestLedger_modes checks that no other user can read the folder.
func TestLedger_modes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no file modes")
	}
	dir := filepath.Join(t.TempDir(), ".terraform", "ledger")
	submit(open(t, dir), "a", "1")
	for name, mode := range map[string]os.FileMode{dir: 0o700, files(t, dir)[0]: 0o600, filepath.Join(dir, "lock"): 0o600} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if ignored, _ := os.ReadFile(filepath.Join(dir, ".gitignore")); string(ignored) != "*\n" {
		t.Errorf("%q", ignored)
	}
}

// TestLedger_old checks that entries older than a week are deleted.
func TestLedger_old(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Now()
	l := ledger.New(ledger.Options{Dir: dir, Now: func() time.Time { return now.Add(-9 * 24 * time.Hour) }})
	submit(l, "a", "1").Failed()
	l.Close()
	l = open(t, dir)
	want(t, claim(l, "a"), "[-]")
	l.Close()
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestLedger_undated checks that an entry without a time, or with a time in the future,
// counts as old as its file.
func TestLedger_undated(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{{}, time.Now().AddDate(50, 0, 0)} {
		for _, days := range []int{0, 9} {
			dir := t.TempDir()
			l := open(t, dir)
			l.Offer(ledger.Offered{Kind: kind, Endpoint: endpoint, Fingerprint: mark("a"), JobID: "1", SubmittedAt: at})
			l.Close()
			written := time.Now().AddDate(0, 0, -days)
			if err := os.Chtimes(files(t, dir)[0], written, written); err != nil {
				t.Fatal(err)
			}
			l = open(t, dir)
			want(t, claim(l, "a"), map[int]string{0: "[1]", 9: "[-]"}[days])
			l.Close()
		}
	}
}

// BenchmarkLedger measures the ledger's part of one submission.
func BenchmarkLedger(b *testing.B) {
	l := ledger.New(ledger.Options{Dir: b.TempDir()})
	for b.Loop() {
		claim(l, "a")
		submit(l, "a", "1").Returned()
	}
	l.Close()
}
