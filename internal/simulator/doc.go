// Package simulator simulates the API of Runpod's queue-based endpoints, in memory and
// over real HTTP: for the provider's tests, for its demo, and for trying configurations
// without a key or costs.
//
// It serves /run, /runsync, /status, /status-sync, /stream, /cancel, /retry,
// /purge-queue, /health and /requests under /v2/{endpoint}, and the Batch API under
// /v2/{endpoint}/batch. It has its own wire types, so that it does not share mistakes
// with the provider's client.
//
// A job does what its input says, in the vocabulary of the public
// runpod-workers/mock-worker image (mock_return, mock_delay, mock_error, mock_crash,
// mock_progress, mock_external, mock_refresh, mock_logs), so the same configuration
// runs against a real endpoint with that image. Members that begin with sim_ exist only
// here; input.go lists them.
//
// An endpoint with External set has no simulated workers. Real workers connect with the
// protocol of the public worker SDK (job-take, job-take-batch, job-stop, job-done,
// job-stream and ping under /v2/{endpoint}), and everything else of the API reflects
// what they do. WorkerEnvironment returns the environment that makes a worker connect.
// Package supervisor runs workers, and package demoworker is one.
//
// The documentation of the real API leaves some behavior open. Each such case is a
// field of Choices, whose zero value is what clients commonly expect:
//
//	TTLTimesOut      a job whose ttl has passed becomes TIMED_OUT instead of being deleted
//	CancelFinal      the response of /cancel for a final job: its status (default) or an error
//	RetryWrongState  HTTP status of /retry for a job that is not FAILED or TIMED_OUT
//	PurgedState      the status of purged jobs; "" deletes them
//	StreamHoldsQueued whether /stream is a long poll while the job is in the queue
//	StreamBareArray  whether /stream responds with the list of chunks only
//	BareWorkers      whether the list of workers has only the required fields
//	ForgetWorkerLogs whether the log of a worker that has left is deleted
//	BatchReply       the response of appending to a batch, finalizing, updating and cancelling it
//	BatchOrder       the order in which a batch's requests are listed
//	BatchListArray   whether the list of batches is a bare array instead of pages
//	BatchWrongState  HTTP status of an operation that a batch's status does not allow
//	BatchLimitStatus HTTP status above 10 active batches or 50,000 queued requests of an endpoint
//
// In faults and in the journal, the operations of the management API are named workers
// and worker-logs, and those of the Batch API batch-create, batch-append,
// batch-finalize, batch-update, batch-remove, batch-list, batch-get, batch-requests and
// batch-cancel. A batch does not expire. Purging the queue does not remove requests of
// batches.
package simulator
