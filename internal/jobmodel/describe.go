package jobmodel

// Descriptions of attributes that several types have, in Markdown. What a
// change causes is added by the types where a change can cause something.
const (
	DescribeInput            = "What the worker gets: an object of any depth, written as HCL. It must not be empty, because the API never runs such a job. Integers beyond 2^53 keep every digit."
	DescribeMode             = "`async` (default) submits with `/run`: the id is known at once and the result is kept for 30 minutes. `sync` submits with `/runsync`, which answers when the job ends: one request fewer for short jobs, but the id comes with the answer, so a connection that breaks in between loses the job, and the result is kept for one minute only."
	DescribeSyncWait         = "How long `/runsync` may hold the request in mode `sync`, as a Go duration from `1s` to `5m`. An unfinished job is then waited for like any other. Default: `90s`."
	DescribePolicy           = "Bounds of a job's life."
	DescribeExecutionTimeout = "How long a job may run on a worker, as a Go duration from `5s` to `168h`. Past it the job ends as `FAILED`. Default: the endpoint's setting."
	DescribeTTL              = "How long a job may exist, waiting and running together, as a Go duration from `10s` to `168h`. Past it the API deletes the job, even while it runs. Default: 24 hours."
	DescribeLowPriority      = "Whether the job starts no additional worker."
	DescribeWebhook          = "URL that the API posts a finished job to."
	DescribeS3Config         = "Where the worker stores large results."

	DescribeRetry       = "Puts a job that ended badly back into the queue, under the same id and with the same input (`/retry`)."
	DescribeMaxAttempts = "Runs in all, the first included, from 1 to 20."
	DescribeRetryOn     = "Ends that are retried: `FAILED`, `TIMED_OUT`. Default: both."
	DescribeMinBackoff  = "Pause before the second run; it doubles from there. A Go duration up to `1h`. Default: `1s`."
	DescribeMaxBackoff  = "Longest pause between two runs. A Go duration up to `1h`. Default: `1m`."

	DescribeMaxOutputBytes = "Largest output, in bytes of JSON, that is stored; with `output_select`, the size of what it takes counts. A larger one leaves `output` null, with its size and digest and a warning. Default: 1048576."
	DescribeOutputSelect   = "Keeps only parts of the output: names, each with a [JMESPath](https://jmespath.site) expression, in which a key with a dash is quoted: `\"\\\"file-name\\\"\"`. `output` is then an object of these names; what an expression does not find is null. Size and digest are those of the whole output."
	DescribeOutput         = "What the worker returned, as an object, tuple, string, number or bool, or the parts that `output_select` takes; null when there is nothing or when it is larger than `max_output_bytes`."

	DescribeID            = "Id of the job."
	DescribeStatus        = "State of the job as last seen: `IN_QUEUE`, `IN_PROGRESS`, `COMPLETED`, `FAILED`, `CANCELLED`, `TIMED_OUT`, or what else the API says."
	DescribeOutputBytes   = "Size of the output's JSON in bytes; null without an output."
	DescribeOutputSHA256  = "SHA-256 digest of the output's JSON as the API sent it, in hexadecimal; null without an output."
	DescribeError         = "What went wrong; null when nothing did."
	DescribeErrorType     = "Class of the exception; null when not told."
	DescribeErrorMessage  = "The error in words."
	DescribeTraceback     = "Traceback of the exception; null when not told."
	DescribeErrorRaw      = "The error as the API sent it."
	DescribeDelayTime     = "Milliseconds in the queue; starts again when the platform dispatches the job a second time."
	DescribeExecutionTime = "Milliseconds on a worker."
	DescribeWorkerID      = "Worker that ran the job."
	DescribeAttempts      = "Runs of the job that `retry` made, the first included."
	DescribeSubmittedAt   = "When the job was submitted, in UTC."
	DescribeCompletedAt   = "When the job was seen to be final, in UTC."
)
