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
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// stage is where an error is provoked: the provider and the API it calls, in a
// bubble of fake time and without a network.
type stage struct {
	sim *simulator.Server
	p   *acctest.ProtocolServer
}

// TestTroubleshooting holds the guide against the provider, in both directions:
// each text that the guide explains is one that the provider shows, and each
// title that the provider has is explained.
func TestTroubleshooting(t *testing.T) {
	t.Parallel()
	acctest.SkipWithRace(t)
	explained := explainedTexts(t)
	for text := range provocations {
		if !slices.Contains(explained, text) {
			t.Errorf("%q is provoked here, and the guide does not explain it", text)
		}
	}
	for _, text := range explained {
		provoke, ok := provocations[text]
		if !ok {
			t.Errorf("the guide explains %q, and nothing here provokes it", text)
			continue
		}
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simtest.NewInBubble(t, simulator.Options{}).Server
				diags := provoke(t, stage{sim, acctest.NewBubbleServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})})
				if !strings.Contains(diags.String(), text) {
					t.Errorf("%q is not in what the provider shows:\n%s", text, diags)
				}
				for _, d := range diags {
					if id := toldTwice(d.Detail); id != "" {
						t.Errorf("the id %s is told more than once:\n%s", id, d.Detail)
					}
				}
			})
		})
	}
	words := strings.Join(strings.Fields(guide(t)), " ")
	for title, where := range titlesInCode(t) {
		if _, ok := provocations[title]; !ok && unexplained[title] == "" && !strings.Contains(words, "the title is *"+title+"*") {
			t.Errorf("%s: the guide does not explain %q", where, title)
		}
	}
	for title := range unexplained {
		if _, ok := titlesInCode(t)[title]; !ok {
			t.Errorf("no code has the title %q any more", title)
		}
	}
}

var idOfWork = regexp.MustCompile(`batch_[0-9a-f]+|[0-9a-f]{8}-[0-9a-f-]{27}-[a-z]+[0-9]`)

// toldTwice returns an id of a job or a batch that a text repeats.
func toldTwice(detail string) string {
	for _, id := range idOfWork.FindAllString(detail, -1) {
		if strings.Count(detail, id) > 1 {
			return id
		}
	}
	return ""
}

// unexplained are titles that no reader of the guide has a use for, and why.
var unexplained = map[string]string{
	"Unexpected provider data":             "a bug of the provider, and says so",
	"Unable to plan":                       "a bug of the provider, and says so",
	"Unable to remember the job":           "a bug of the provider: its own record cannot be encoded",
	"Unable to store the progress":         "a bug of the provider: its own record cannot be encoded",
	"Unable to store what is planned":      "a bug of the provider: its own record cannot be encoded",
	"Unable to read the progress":          "a bug of the provider: its own record cannot be decoded",
	"Unable to read which job is open":     "a bug of the provider: its own record cannot be decoded",
	"Unable to store the stream":           "chunks are checked when they arrive",
	"Unable to store the output":           "parts of JSON make JSON",
	"Input not known":                      "Terraform knows every value by then",
	"Invalid provider configuration":       "every argument is checked before, with a title of its own",
	"Argument without effect":              "says all there is to say",
	"Conflicting arguments":                "says all there is to say",
	"Job may be deleted while it runs":     "says all there is to say",
	"Unable to store the result":           "a bug of the provider, and says so",
	"Unable to purge the queue on destroy": "the same as at another time",
}

// guide returns the pages of the guide, one after the other.
func guide(t *testing.T) string {
	t.Helper()
	var pages strings.Builder
	for _, name := range []string{"troubleshooting", "troubleshooting-fan-out"} {
		content, err := os.ReadFile("../../templates/guides/" + name + ".md.tmpl")
		if err != nil {
			t.Fatal(err)
		}
		pages.Write(content)
		pages.WriteByte('\n')
	}
	return pages.String()
}

var entry = regexp.MustCompile(`(?ms)^### (.+?)\n(.*?)(?:^##|\z)`)

// explainedTexts are the headings of the guide's entries. Each entry says what
// the cause is and what to do.
func explainedTexts(t *testing.T) []string {
	t.Helper()
	// Where one entry ends the next begins, so the pattern cannot take both.
	page := strings.ReplaceAll(guide(t), "\n## ", "\n##\n\n## ")
	page = strings.ReplaceAll(page, "\n### ", "\n##\n\n### ")
	var texts []string
	for _, m := range entry.FindAllStringSubmatch(page, -1) {
		if !strings.Contains(m[2], "**Cause.**") || !strings.Contains(m[2], "**Fix.**") {
			t.Errorf("the entry %q lacks its cause or its fix", m[1])
		}
		texts = append(texts, m[1])
	}
	if len(texts) == 0 {
		t.Fatal("the guide has no entries")
	}
	return texts
}

// addsDiagnostic are the functions that take the title of a diagnostic as a text.
var addsDiagnostic = []string{
	"AddError", "AddWarning", "AddAttributeError", "AddAttributeWarning",
	"NewErrorDiagnostic", "NewWarningDiagnostic", "NewAttributeErrorDiagnostic", "NewAttributeWarningDiagnostic",
}

// TestTitles_home: titles stand in the package diagnose and nowhere else, so that
// [TestTroubleshooting] finds them, and that like errors have like words.
func TestTitles_home(t *testing.T) {
	t.Parallel()
	inspectProvider(t, "..", func(files *token.FileSet, file *ast.File) {
		if file.Name.Name == "diagnose" {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if slices.Contains(addsDiagnostic, n.Sel.Name) {
					t.Errorf("%s: %s is called here; append a message of the package diagnose", files.Position(n.Pos()), n.Sel.Name)
				}
			case *ast.KeyValueExpr:
				key, ok := n.Key.(*ast.Ident)
				if ok && (key.Name == "Title" || key.Name == "Summary") && textOf(n.Value, constantsOf(file)) != "" {
					t.Errorf("%s: a title is written here; it belongs in the package diagnose", files.Position(n.Pos()))
				}
			}
			return true
		})
	})
}

// titleOf returns the expression that a piece of the package diagnose has for a
// title; nil for other code.
func titleOf(n ast.Node) ast.Expr {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && (key.Name == "title" || key.Name == "Title") {
			return n.Value
		}
	case *ast.CompositeLit:
		if name, ok := n.Type.(*ast.Ident); ok && name.Name == "Message" && len(n.Elts) > 0 {
			return n.Elts[0]
		}
	case *ast.CallExpr:
		if method, ok := n.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "titled" {
			return n.Args[0]
		}
	}
	return nil
}

// textOf puts together the text of literals and of constants of the same file;
// it is "" for anything else.
func textOf(expression ast.Expr, constants map[string]string) string {
	switch e := expression.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return text
		}
	case *ast.Ident:
		return constants[e.Name]
	case *ast.BinaryExpr:
		left, right := textOf(e.X, constants), textOf(e.Y, constants)
		if left != "" && right != "" {
			return left + right
		}
	}
	return ""
}

// constantsOf returns the constants of a file that are texts.
func constantsOf(file *ast.File) map[string]string {
	constants := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Names) == len(spec.Values) {
			for i, name := range spec.Names {
				if literal, ok := spec.Values[i].(*ast.BasicLit); ok {
					constants[name.Name] = textOf(literal, nil)
				}
			}
		}
		return true
	})
	return constants
}

// titlesInCode finds the titles of diagnostics, each with a place that has it.
func titlesInCode(t *testing.T) map[string]string {
	t.Helper()
	titles := map[string]string{}
	inspectProvider(t, "../diagnose", func(files *token.FileSet, file *ast.File) {
		constants := constantsOf(file)
		ast.Inspect(file, func(n ast.Node) bool {
			if expression := titleOf(n); expression != nil {
				if title := textOf(expression, constants); title != "" {
					titles[title] = files.Position(expression.Pos()).String()
				}
			}
			return true
		})
	})
	if len(titles) == 0 {
		t.Fatal("no titles were found; the search is wrong")
	}
	return titles
}

// inspectProvider calls visit with each file of the provider below a folder.
func inspectProvider(t *testing.T, folder string, visit func(*token.FileSet, *ast.File)) {
	t.Helper()
	files := token.NewFileSet()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == "acctest" {
			return fs.SkipDir // no part of the provider
		}
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		visit(files, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTroubleshooting_order: within a section, entries stand in the order of the
// alphabet, where readers look for them.
func TestTroubleshooting_order(t *testing.T) {
	t.Parallel()
	for _, section := range strings.Split(guide(t), "\n## ")[1:] {
		var headings []string
		for _, line := range strings.Split(section, "\n") {
			if heading, ok := strings.CutPrefix(line, "### "); ok {
				headings = append(headings, strings.ToLower(heading))
			}
		}
		if !slices.IsSorted(headings) {
			name, _, _ := strings.Cut(section, "\n")
			t.Errorf("the entries of %q are not sorted; they should be %q", name, slices.Sorted(slices.Values(headings)))
		}
	}
}
