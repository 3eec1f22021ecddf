// Package jmespath selects parts of JSON with JMESPath expressions, in the version of
// the language that the JMESPath community maintains (https://jmespath.site).
//
// Numbers that are only selected keep every digit. A number that float64 cannot
// represent exactly, such as an integer beyond 2^53, can be selected, but comparisons
// and functions do not treat it as a number.
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
	// maxExpression bounds an expression, in bytes: the parser is recursive, and a
	// stack overflow cannot be recovered from.
	maxExpression = 8192
	// valuesInOrder is the function that implements a projection of an object's values.
	// Its name is not a valid function name, so no expression can call it.
	valuesInOrder = "*"
)

// Expression is a valid JMESPath expression. It is safe for concurrent use.
type Expression struct {
	root  parsing.ASTNode
	names []string // the member names, if the expression is a plain path such as a.b
}

// Compile parses an expression. It returns an error for everything that is certain to
// fail without looking at data: invalid syntax, functions that do not exist, and
// unquoted keys with a dash. A subtraction needs spaces around its sign.
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

// parse calls the library's parser, which panics on some incomplete expressions.
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

// ordered rewrites projections of an object's values, such as jobs.*.id, to follow the
// order of its keys. The library would follow the order of a Go map, and the state
// would change from one run to the next.
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

// Select applies the expression to JSON and returns the result as compact JSON with
// sorted keys; null if the expression matches nothing. It returns an error if raw is
// not JSON or if a function gets an argument of a wrong type. The error quotes nothing
// of raw, which may contain secrets.
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

// search evaluates the expression. The library panics on some arguments.
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
	return prepare(document, sent), nil
}

// prepare converts numbers that float64 represents exactly to float64, the only number
// type that the library accepts, and leaves the others as json.Number. It converts
// strings and keys to Unicode normalization form C, as Terraform does with every
// string, expressions included.
func prepare(v any, sent sentForms) any {
	switch v := v.(type) {
	case map[string]any:
		normal := true
		for key, value := range v {
			v[key] = prepare(value, sent)
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
			v[i] = prepare(value, sent)
		}
	case string:
		return sent.normalize(v)
	case json.Number:
		if f, ok := exactFloat(v.String()); ok {
			return f
		}
	}
	return v
}

// exactFloat returns a number as a float64, and whether formatting it again gives the
// same number.
func exactFloat(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, false
	}
	if len(s) <= 15 {
		return f, true // float64 keeps that many digits
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

// caller has the library's functions, except for those whose result depends on the
// order of a Go map.
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
