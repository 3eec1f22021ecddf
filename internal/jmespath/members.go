package jmespath

import (
	"encoding/json"

	"github.com/jmespath-community/go-jmespath/pkg/parsing"
)

// memberNames returns the names in an expression that is a plain path, such as
// image.data; nil for any other expression.
func memberNames(node parsing.ASTNode) []string {
	switch node.NodeType {
	case parsing.ASTField:
		if name, ok := node.Value.(string); ok {
			return []string{name}
		}
	case parsing.ASTSubexpression:
		if len(node.Children) != 2 {
			return nil
		}
		before, last := memberNames(node.Children[0]), memberNames(node.Children[1])
		if before != nil && last != nil {
			return append(before, last...)
		}
	}
	return nil
}

// plainText returns the string at this path if it is ASCII without escapes; nil
// otherwise. Large outputs are mostly such strings, for example an image in base64, and
// this takes a quarter of the memory of a search.
func plainText(raw json.RawMessage, names []string) json.RawMessage {
	if len(names) == 0 {
		return nil
	}
	for _, name := range names {
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) != nil {
			return nil
		}
		raw = members[name]
	}
	if len(raw) < 2 || raw[0] != '"' {
		return nil
	}
	for _, b := range raw {
		if b == '\\' || b < ' ' || b > '~' {
			return nil
		}
	}
	return raw
}
