// Package dynamicjson converts between JSON and the framework's dynamic values without
// loss: objects become objects, arrays become tuples, and numbers keep every digit,
// including integers beyond 2^53, up to the precision of Terraform's own numbers (512
// bits, about 154 digits).
//
// A JSON null inside an object or an array becomes a null of the dynamic type. This is
// what Terraform makes of a null in a configuration, too, and it passes through the
// plugin protocol and the state unchanged.
package dynamicjson
