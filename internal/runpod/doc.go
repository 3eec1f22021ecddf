// Package runpod is a client for the queue-based endpoints of Runpod Serverless
// (https://docs.runpod.io/serverless/endpoints/operation-reference).
//
// It knows nothing of Terraform and can be used on its own:
//
//	client, err := runpod.New(runpod.Options{APIKey: key})
//	job, err := client.Run(ctx, "my-endpoint", runpod.JobRequest{Input: json.RawMessage(`{"prompt":"hi"}`)})
//
// It takes care of the following, so that no caller has to:
//
//   - Which request may be sent again, and when: one table in operation.go. A
//     submission whose outcome is unknown is never repeated.
//   - Nothing below repeats a request: net/http, which does so by itself, is given
//     nothing that it could repeat (delivery.go).
//   - A chain of handlers, from retries to the exchange itself (handler.go).
//   - The documented limits of the API, kept on this side of the wire (limit.go).
//   - Errors are decoded apart from jobs, because `status` is a number in the
//     one and a string in the other; bodies are capped; HTML and empty bodies
//     are told apart from JSON (errors.go).
//   - Input and output stay raw JSON, so that integers beyond 2^53 survive.
//   - Replies that are read at the same time fit into a budget of bytes (budget.go).
//   - No secret is in an error, in what an error wraps, or in an event, in any
//     usual encoding (handler_redact.go), and no redirect gets the API key.
package runpod
