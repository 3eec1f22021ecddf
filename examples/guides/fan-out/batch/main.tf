locals {
  prompts = ["a cat on a roof", "a dog in the rain", "an owl at noon"]
}

# One batch of the service's own queue. The service documents no order in which
# requests run; the results are in the order of the requests all the same.
resource "runpodserverless_batch" "pictures" {
  requests = [
    for i, prompt in local.prompts : {
      prompt      = prompt
      mock_return = { file = "${i}.png" }
    }
  ]

  on_failure = "warn" # keeps the results when some requests fail

  timeouts = {
    create = "12h"
  }
}

output "files" {
  value = [for result in runpodserverless_batch.pictures.results : try(result.output.file, null)]
}
