locals {
  prompts = ["a cat on a roof", "a dog in the rain", "an owl at noon"]
}

# One batch. Requests run in no documented order, but the results are in the
# order of the requests.
resource "runpodserverless_batch" "pictures" {
  requests = [
    for i, prompt in local.prompts : {
      prompt      = prompt
      mock_return = { file = "${i}.png" }
    }
  ]

  on_failure = "warn" # keep the results even if some requests fail

  timeouts = {
    create = "12h"
  }
}

output "files" {
  value = [for result in runpodserverless_batch.pictures.results : try(result.output.file, null)]
}
