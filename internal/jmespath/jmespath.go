// Package jmespath takes parts out of a JSON text by JMESPath expressions, in
// the community's edition of the language (https://jmespath.site).
//
// Numbers that are merely selected keep their value to the last digit. One that
// float64 cannot hold exactly, such as an integer beyond 2^53, can be selected,
// but is no number to a comparison or a function.
package jmespath

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/jmespath-community/go-jmespath/pkg/functions"
	"github.com/jmespath-community/go-jmespath/pkg/interpreter"
	"github.com/jmespath-community/go-jmespath/pkg/parsing"
	"github.com/zclconf/go-cty/cty"
)

const (
	// maxExpression bounds an expression, in bytes: the parser recurses, and a
	// stack that overflows cannot be recovered from.
	maxExpression = 8192
	// valuesInOrder is the function behind a projection of an object's values. No
	// expression can call a function of this name.
	valuesInOrder = "*"
)

// Expression is a JMESPath expression that was found valid. It is safe for
// concurrent use.
type Expression struct {
	root  parsing.ASTNode
	names []string // of members of members, where the expression is nothing else
}

// Compile parses an expression. It refuses what can be known to fail without
// data: bad syntax, functions that do not exist, and keys with a dash that are
// not quoted. A subtraction needs spaces around its sign.
func Compile(expression string) (*Expression, error) {
	expression = cty.NormalizeString(expression)
	if len(expression) > maxExpression {
		return nil, fmt.Errorf("the expression is longer than %d bytes", maxExpression)
	}
	if err := checkDashes(expression); err != nil {
		return nil, err
	}
	root, err := parse(expression)
	if err != nil {
		return nil, explain(expression, err)
	}
	if err := checkFunctions(root); err != nil {
		return nil, err
	}
	return &Expression{ordered(root), memberNames(root)}, nil
}

// parse is the library's parser, which panics on some incomplete expressions.
func parse(expression string) (root parsing.ASTNode, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the expression is incomplete")
		}
	}()
	return parsing.NewParser().Parse(expression)
}

func checkFunctions(node parsing.ASTNode) error {
	if name, ok := node.Value.(string); ok && node.NodeType == parsing.ASTFunctionExpression && !slices.Contains(functionNames, name) {
		return fmt.Errorf("there is no function %s(); there are %s", name, strings.Join(functionNames, ", "))
	}
	for _, child := range node.Children {
		if err := checkFunctions(child); err != nil {
			return err
		}
	}
	return nil
}

// ordered makes projections over an object's values, such as jobs.*.id, follow
// the order of its keys: the library takes the order of a Go map, which differs
// from one time to the next, and so would the state.
func ordered(node parsing.ASTNode) parsing.ASTNode {
	children := make([]parsing.ASTNode, len(node.Children))
	for i, child := range node.Children {
		children[i] = ordered(child)
	}
	if node.NodeType == parsing.ASTValueProjection {
		node.NodeType = parsing.ASTProjection
		children[0] = parsing.ASTNode{NodeType: parsing.ASTFunctionExpression, Value: valuesInOrder, Children: []parsing.ASTNode{children[0]}}
	}
	node.Children = children
	return node
}

// Select applies the expression to a JSON text and returns the result as
// compact JSON with sorted keys; null when what it looks for is not there. It
// fails when raw is not JSON and when a function gets a value of a type that it
// does not take. The error quotes nothing of raw, which may hold secrets.
func (e *Expression) Select(raw json.RawMessage) (json.RawMessage, error) {
	return e.selectWith(raw, nil)
}

// selectWith is SelectAsSent if sent is not nil, and Select otherwise.
func (e *Expression) selectWith(raw json.RawMessage, sent sentForms) (json.RawMessage, error) {
	if text := plainText(raw, e.names); text != nil {
		return text, nil
	}
	document, err := decode(raw, sent)
	if err != nil {
		return nil, err
	}
	result, err := e.search(document)
	if err != nil {
		return nil, errors.New("the expression does not fit the data: a function got a value of a type that it does not take, or an argument out of range")
	}
	return encode(sent.restore(result))
}

// search evaluates the expression; the library panics on some arguments.
func (e *Expression) search(document any) (result any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return interpreter.NewInterpreter(document, caller, nil).Execute(e.root, document)
}

func decode(raw json.RawMessage, sent sentForms) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var document any
	if err := d.Decode(&document); err != nil {
		return nil, errors.New("the data is not JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the data continues after the end of its JSON value")
	}
	return prepared(document, sent), nil
}

// prepared turns the numbers that float64 holds exactly into what the library
// takes for a number, and leaves the others as they were written. It brings texts
// and keys to Unicode's normal form C, as Terraform does with every string: an
// expression can be written in no other.
func prepared(v any, sent sentForms) any {
	switch v := v.(type) {
	case map[string]any:
		normal := true
		for key, value := range v {
			v[key] = prepared(value, sent)
			normal = sent.normalize(key) == key && normal
		}
		if !normal {
			members := make(map[string]any, len(v))
			for _, key := range slices.Sorted(maps.Keys(v)) {
				members[sent.normalize(key)] = v[key]
			}
			return members
		}
	case []any:
		for i, value := range v {
			v[i] = prepared(value, sent)
		}
	case string:
		return sent.normalize(v)
	case json.Number:
		if f, ok := exactly(v.String()); ok {
			return f
		}
	}
	return v
}

// exactly returns the float64 that a number is written out from again as the
// same number.
func exactly(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, false
	}
	if len(s) <= 15 {
		return f, true // that many digits always survive
	}
	if len(s) > 400 {
		return 0, false
	}
	written, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, false
	}
	again, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	return f, ok && written.Cmp(again) == 0
}

func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, errors.New("the result has no form in JSON")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// caller has the library's functions, but for those whose result depends on
// the order of a Go map.
var caller = interpreter.NewFunctionCaller(append(functions.GetDefaultFunctions(),
	replacement("keys", func(members map[string]any) any {
		names := []any{}
		for _, key := range slices.Sorted(maps.Keys(members)) {
			names = append(names, key)
		}
		return names
	}),
	replacement("values", func(members map[string]any) any { return values(members) }),
	replacement("items", func(members map[string]any) any {
		pairs := []any{}
		for _, key := range slices.Sorted(maps.Keys(members)) {
			pairs = append(pairs, []any{key, members[key]})
		}
		return pairs
	}),
	functions.FunctionEntry{Name: valuesInOrder, Handler: func(arguments []any) (any, error) {
		if members, ok := arguments[0].(map[string]any); ok {
			return values(members), nil
		}
		return nil, nil
	}},
	functions.FunctionEntry{Name: "to_string", Handler: func(arguments []any) (any, error) {
		if text, ok := arguments[0].(string); ok {
			return text, nil
		}
		text, err := encode(arguments[0])
		return string(text), err
	}, Arguments: []functions.ArgSpec{{Types: []functions.JpType{functions.JpAny}}}},
)...)

var functionNames = func() []string {
	var names []string
	for _, f := range functions.GetDefaultFunctions() {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}()

func replacement(name string, of func(members map[string]any) any) functions.FunctionEntry {
	return functions.FunctionEntry{
		Name: name, Arguments: []functions.ArgSpec{{Types: []functions.JpType{functions.JpObject}}},
		Handler: func(arguments []any) (any, error) {
			members, ok := arguments[0].(map[string]any)
			if !ok {
				return nil, fmt.Errorf("%s() takes an object", name)
			}
			return of(members), nil
		},
	}
}

func values(members map[string]any) []any {
	list := make([]any, 0, len(members))
	for _, key := range slices.Sorted(maps.Keys(members)) {
		list = append(list, members[key])
	}
	return list
}
