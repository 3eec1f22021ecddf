// Package diagnose has the text of every error and warning, for every type: titles,
// facts and advice. A problem is a method of the thing that it is about. It returns a
// [Message], which becomes an error or a warning where it is reported:
//
//	diags.Append(diagnose.Job{Endpoint: endpointID, ID: jobID}.ReadFailed(err).Error())
package diagnose

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// Message is the text of a diagnostic.
type Message struct{ Title, Detail string }

// Error returns the message as an error.
func (m Message) Error() diag.Diagnostic { return diag.NewErrorDiagnostic(m.Title, m.Detail) }

// Warning returns the message as a warning.
func (m Message) Warning() diag.Diagnostic { return diag.NewWarningDiagnostic(m.Title, m.Detail) }

// ErrorAt returns the message as an error about an attribute.
func (m Message) ErrorAt(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, m.Title, m.Detail)
}

// WarningAt returns the message as a warning about an attribute.
func (m Message) WarningAt(at path.Path) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, m.Title, m.Detail)
}

// ErrorIf returns the message as an error if fails is true, else as a warning.
func (m Message) ErrorIf(fails bool) diag.Diagnostic {
	if fails {
		return m.Error()
	}
	return m.Warning()
}

// detail is the detail of a diagnostic, made of facts and of advice.
type detail struct{ lines []string }

// field adds a line "name: value", unless value is empty.
func (t *detail) field(name, value string) *detail {
	if value != "" {
		t.lines = append(t.lines, name+": "+runpod.Printable(value, runpod.MaxShown))
	}
	return t
}

// paragraph adds a paragraph.
func (t *detail) paragraph(format string, args ...any) *detail {
	t.lines = append(t.lines, "", runpod.Printable(fmt.Sprintf(format, args...), maxParagraph))
	return t
}

// maxParagraph bounds the length of a paragraph. It is more than for a single text,
// because a paragraph may list jobs.
const maxParagraph = 4 * runpod.MaxShown

// String returns the detail.
func (t *detail) String() string { return strings.TrimSpace(strings.Join(t.lines, "\n")) }

// titled returns the message with the text as its detail.
func (t *detail) titled(title string) Message { return Message{title, t.String()} }

func capitalize(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// shorten cuts a text off after limit bytes.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// shown is how many names a diagnostic lists.
const shown = 10

// firstOf returns the first of many names in one line.
func firstOf(names []string) string {
	text := strings.Join(names[:min(len(names), shown)], ", ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
