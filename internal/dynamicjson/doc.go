// Package dynamicjson converts between JSON and the framework's dynamic
// values, exactly: objects become objects, arrays tuples, and numbers keep
// every digit, integers beyond 2^53 included.
package dynamicjson
