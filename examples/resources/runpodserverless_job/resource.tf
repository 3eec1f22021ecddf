resource "runpodserverless_job" "greeting" {
  input = {
    mock_return = { text = "hello" } # what the public mock worker answers with
    mock_delay  = 0.2
  }

  policy = {
    execution_timeout = "10m"
    ttl               = "1h"
  }

  # A new job runs when a value changes.
  triggers = {
    release = "1"
  }

  timeouts = {
    create = "15m"
  }

  lifecycle {
    postcondition {
      condition     = self.status == "COMPLETED" && try(self.output.text, null) == "hello"
      error_message = "Job ${self.id} is ${self.status}${self.expired ? " and has expired" : ""}, and its output is ${jsonencode(self.output)}."
    }
  }
}

output "text" {
  value = try(runpodserverless_job.greeting.output.text, null)
}
