resource "runpodserverless_batch" "greetings" {
  requests = [for name in ["Ada", "Grace", "Mary"] : {
    mock_return = { text = "hello ${name}" } # what the public mock-worker image returns
  }]

  timeouts = {
    create = "6h"
  }

  lifecycle {
    postcondition {
      condition     = self.phase == "done"
      error_message = "Batch ${self.id} is ${self.phase}, not done: apply again."
    }
  }
}

output "texts" {
  value = [for result in runpodserverless_batch.greetings.results : try(result.output.text, null)]
}
