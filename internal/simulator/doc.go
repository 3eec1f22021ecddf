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
//	TTLTimesOut      a job whose ttl passes becomes TIMED_OUT instead of unknown
//	CancelFinal      what /cancel answers on a final job: its state (default) or an error
//	RetryWrongState  status of the error for /retry on a job that is not FAILED or TIMED_OUT
//	PurgedState      the state of purged jobs; "" makes them unknown
//	StreamHoldsQueued whether /stream holds while the job is in the queue
//	StreamBareArray  whether /stream answers with the list of chunks alone
//	BareWorkers      whether the list of workers shows the required fields only
//	ForgetWorkerLogs whether the log of a worker that left is unknown
//	BatchReply       what appending to a batch, finalizing, updating and cancelling it answer
//	BatchOrder       the order in which a batch's requests are listed
//	BatchListArray   the list of batches is a bare array, not in pages
//	BatchWrongState  status of the error for what a batch's state does not allow
//	BatchLimitStatus status of the error past the 10 active batches of an endpoint, or its 50,000 queued requests
//
// In faults and in the journal, the operations of the management API are named workers
// and worker-logs, and those of the Batch API batch-create, batch-append,
// batch-finalize, batch-update, batch-remove, batch-list, batch-get, batch-requests and
// batch-cancel. A batch does not expire. Purging the queue does not remove requests of
// batches.
package simulator
