package acctest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSized: "make testacc" runs exactly the tests that are smaller or skipped with the
// race detector again without it, and every test that starts a CLI is in one of the
// packages that it tests.
func TestSized(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("../../GNUmakefile")
	if err != nil {
		t.Fatal(err)
	}
	variable := func(name string) string {
		line := regexp.MustCompile(`(?m)^` + name + ` := (.*)$`).FindSubmatch(makefile)
		if line == nil {
			t.Fatalf("GNUmakefile has no %s", name)
		}
		return strings.ReplaceAll(string(line[1]), "$$", "$")
	}
	named, acceptance := regexp.MustCompile(variable("SIZED")), regexp.MustCompile(variable("ACC"))
	packages := strings.Fields(variable("SIZED_PACKAGES"))
	found := 0
	err = filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		whole := slices.ContainsFunc(file.Comments, func(c *ast.CommentGroup) bool { return c.List[0].Text == "//go:build !race" })
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") {
				continue
			}
			folder := filepath.ToSlash(filepath.Dir(path))
			if acceptance.MatchString(f.Name.Name) && folder != "../acctest" && !strings.HasPrefix(folder, "../service/") {
				t.Errorf("%s: %s is run neither by make test nor by make testacc", path, f.Name.Name)
			}
			sized := whole || mentions(f, "Sized") || mentions(f, "RaceDetector") || mentions(f, "raceDetector") || mentions(f, "SkipWithRace")
			if sized != named.MatchString(f.Name.Name) {
				t.Errorf("%s: %s: smaller with the race detector: %t, in GNUmakefile's SIZED: %t", path, f.Name.Name, sized, !sized)
			}
			if !sized {
				continue
			}
			found++
			if folder == "../acctest" {
				continue
			}
			if pkg := "./internal/" + strings.TrimPrefix(folder, "../"); !slices.Contains(packages, pkg) {
				t.Errorf("GNUmakefile's SIZED_PACKAGES lacks %s", pkg)
			}
		}
		return nil
	})
	if err != nil || found == 0 {
		t.Errorf("%d tests, %v", found, err)
	}
}

func mentions(f *ast.FuncDecl, name string) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		identifier, ok := n.(*ast.Ident)
		found = found || ok && identifier.Name == name
		return !found
	})
	return found
}
