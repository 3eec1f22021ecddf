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
      condition     = self.output.text == "hello"
      error_message = "The worker answered with something else."
    }
  }
}

output "text" {
  value = runpodserverless_job.greeting.output.text
}
