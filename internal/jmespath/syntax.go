package jmespath

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jmespath-community/go-jmespath/pkg/parsing"
)

// explain returns a parser error in the user's terms, with its position: the parser's
// own messages are about its tokens.
func explain(expression string, err error) error {
	var syntax parsing.SyntaxError
	var literal *json.SyntaxError
	switch {
	case strings.TrimSpace(expression) == "":
		return errors.New("the expression is empty")
	case errors.As(err, &literal):
		return fmt.Errorf("a literal of the expression is not JSON: %w", err)
	case !errors.As(err, &syntax):
		return err
	}
	at := min(max(syntax.Offset, 0), len(expression))
	if at == len(expression) {
		return fmt.Errorf("the expression ends too early:%s", mark(expression, at))
	}
	return fmt.Errorf("the expression cannot be read from character %d on:%s", character(expression, at), mark(expression, at))
}

// character returns the position of a byte offset in characters, counted from 1.
func character(expression string, at int) int { return utf8.RuneCountInString(expression[:at]) + 1 }

// around is how many characters are shown on either side of a position.
const around = 40

// mark returns the expression, or the part of it around a position, with a mark below
// the position.
func mark(expression string, at int) string {
	line := strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, expression) // the length in bytes stays the same
	before, after := []rune(line[:at]), []rune(line[at:])
	start, end := "", ""
	if len(before) > around {
		before, start = before[len(before)-around:], "…"
	}
	if len(after) > around {
		after, end = after[:around], "…"
	}
	shown := start + string(before)
	return fmt.Sprintf("\n\n    %s%s%s\n    %s^", shown, string(after), end, strings.Repeat(" ", utf8.RuneCountInString(shown)))
}

// checkDashes returns an error for an unquoted key with a dash. The language parses it
// as a subtraction of two fields that do not exist, so the result would be null without
// an error.
func checkDashes(expression string) error {
	var quote byte
	for i := 0; i < len(expression); i++ {
		c := expression[i]
		switch {
		case quote != 0 && c == '\\':
			i++ // skip the escaped character
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '-' && i > 0 && isName(expression[i-1]) && i+1 < len(expression) && isName(expression[i+1]):
			start, end := i, i
			for start > 0 && isName(expression[start-1]) {
				start--
			}
			for end < len(expression) && (isName(expression[end]) || expression[end] == '-') {
				end++
			}
			return fmt.Errorf("the dash of %s, at character %d, is a minus sign here:%s", expression[start:end], character(expression, i), mark(expression, i))
		}
	}
	return nil
}

func isName(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
