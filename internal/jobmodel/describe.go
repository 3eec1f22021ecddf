package jobmodel

// Descriptions of attributes that several types share, in Markdown. What a
// change causes is added by the types in which a change can cause something.
const (
	DescribeInput            = "Input passed to the worker, as an HCL object of any depth. It must not be empty: the API accepts a job with an empty input, but never runs it. A null value, such as an `optional()` attribute that is not set, is sent as `null`. Integers beyond 2^53 keep every digit."
	DescribeMode             = "How the job is submitted. `async` uses `/run`, which returns the ID at once; the API keeps the result for 30 minutes. `sync` uses `/runsync`, which answers when the job ends. It saves one request for short jobs, but the ID arrives with the answer: if the connection breaks before that, the job is lost. The API keeps the result for one minute only. Defaults to `async`."
	DescribeSyncWait         = "How long `/runsync` may hold the request when `mode` is `sync`. If the job is unfinished by then, the provider waits for it as for any other job. A duration from `1s` to `5m`, e.g. `30s` or `2m30s`. Defaults to `90s`."
	DescribePolicy           = "Execution policy of the job: time limits and scaling."
	DescribeExecutionTimeout = "Maximum time on a worker. The API ends a job that exceeds it as `FAILED`. A duration from `5s` to `168h`, e.g. `30s` or `2h45m`. Defaults to the endpoint's setting."
	DescribeTTL              = "Maximum lifetime of the job, counted from its submission: time in the queue and time on a worker together. The API deletes a job that exceeds it, even while it runs. A duration from `10s` to `168h`, e.g. `30s` or `2h45m`. Defaults to `24h`."
	DescribeLowPriority      = "If `true`, the job does not trigger scaling. Defaults to `false`."
	DescribeWebhook          = "URL to which the API posts the job when it has ended."
	DescribeS3Config         = "S3-compatible bucket in which the worker stores large results."
	DescribeS3AccessID       = "Access key ID."
	DescribeS3AccessSecret   = "Secret access key."
	DescribeS3BucketName     = "Name of the bucket."
	DescribeS3EndpointURL    = "URL of the S3 service."
	DescribeS3ObjectPath     = "Path within the bucket."

	DescribeOnExpired = "What to do when the API no longer knows the job before its end was seen: its result expired, its `ttl` passed, or the queue was purged."

	DescribeRetry        = "Retries a failed job: puts it back into the queue (`/retry`), under the same ID and with the same input."
	DescribeMaxAttempts  = "Maximum number of attempts, including the first. From 1 to 20."
	DescribeRetryOn      = "Final statuses to retry: `FAILED`, `TIMED_OUT`. Defaults to both."
	DescribeErrorMatches = "Regular expressions (RE2), e.g. `CUDA out of memory`. If set, only a failure whose error type or message matches one of them is retried. Defaults to any failure."
	DescribeQueueTimeout = "Maximum time in the queue (`IN_QUEUE`), counted from the submission or, when an apply resumes the wait, from its start. If no worker takes the job by then, `on_timeout` applies, and the error says that nothing started, with the endpoint's health. A duration from `1s` to `168h`, e.g. `5m`. Defaults to no limit."
	DescribeMinBackoff   = "Pause before the second attempt; it doubles with each further one. A duration up to `1h`, e.g. `5s` or `1m30s`. Defaults to `1s`."
	DescribeMaxBackoff   = "Longest pause between two attempts. A duration up to `1h`, e.g. `30s` or `2m30s`. Defaults to `1m`."

	DescribeMaxOutputBytes = "Maximum size of an output that is stored, in bytes of JSON. With `output_select`, the size of the selected parts counts. If the output is larger, `output` is null, its size and digest are stored, and a warning is shown. Defaults to `1048576` (1 MiB)."
	DescribeOutputSelect   = "Stores only parts of the output: a map from names to [JMESPath](https://jmespath.site) expressions. `output` is then an object with these names, and null where an expression finds nothing. Quote a key that contains a dash: `\"\\\"file-name\\\"\"`. `output_bytes` and `output_sha256` describe the whole output."
	DescribeOutput         = "Output of the worker, as an object, tuple, string, number or bool, or the parts selected by `output_select`. Null if there is none, or if it is larger than `max_output_bytes`."
	DescribeLargeOutput    = "Terraform itself plans large lists slowly, also below 1 MiB: 275 KB of floats take 16 s in every plan. Select the parts that you need, or store a list as a string with `to_string(…)` in `output_select` (0.3 s) and read it with `jsondecode`."

	DescribeID            = "ID of the job."
	DescribeStatus        = "Last known status of the job: `IN_QUEUE`, `IN_PROGRESS`, `COMPLETED`, `FAILED`, `CANCELLED`, `TIMED_OUT`, or another one that the API reports."
	DescribeOutputBytes   = "Size of the output's JSON, in bytes. Null if there is no output."
	DescribeOutputSHA256  = "SHA-256 digest of the output's JSON as the API sent it, in hexadecimal. Null if there is no output."
	DescribeError         = "Error of the job. Null if there is none."
	DescribeErrorType     = "Class of the exception. Null if it is not known."
	DescribeErrorMessage  = "Error message."
	DescribeTraceback     = "Traceback of the exception. Null if it is not known."
	DescribeErrorRaw      = "Error as the API sent it."
	DescribeDelayTime     = "Time in the queue, in milliseconds. Starts over when the platform dispatches the job a second time."
	DescribeExecutionTime = "Time on a worker, in milliseconds."
	DescribeWorkerID      = "ID of the worker that ran the job."
	DescribeAttempts      = "Number of attempts that `retry` made, including the first."
	DescribeSubmittedAt   = "Time of the submission, in UTC (RFC 3339)."
	DescribeCompletedAt   = "Time at which the provider saw that the job had ended, in UTC (RFC 3339)."
)
