variable "prompts" {
  type = map(string)
  default = {
    cat  = "a cat in the rain"
    dog  = "a dog in the snow"
    bird = "a bird in the wind"
  }
}

resource "runpodserverless_job_set" "images" {
  # One job for each key. A key that is added, changed or removed later touches
  # its own job only.
  inputs = {
    for name, prompt in var.prompts : name => {
      mock_return = { text = prompt } # what the public mock worker answers with
    }
  }

  max_in_flight     = 20   # jobs at once
  min_success_ratio = 0.95 # one in twenty may fail

  retry = {
    max_attempts = 2
  }

  policy = {
    execution_timeout = "10m"
    ttl               = "2h"
  }

  timeouts = {
    create = "1h" # for all jobs together
    update = "1h"
  }
}

output "texts" {
  value = { for name, output in runpodserverless_job_set.images.outputs : name => try(output.text, null) }
}

output "failed" {
  value = [for name, job in runpodserverless_job_set.images.jobs : name if job.status != "COMPLETED"]
}
