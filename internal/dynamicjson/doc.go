// Package dynamicjson converts between JSON and the framework's dynamic
// values, exactly: objects become objects, arrays tuples, and numbers keep
// every digit, integers beyond 2^53 included, up to the 512 bits (some 154
// digits) that Terraform's own numbers have.
//
// A JSON null inside an object or an array becomes a null of the dynamic type.
// That is what Terraform makes of a null in a configuration too, and it passes
// the plugin protocol and the state unchanged.
package dynamicjson
