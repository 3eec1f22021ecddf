locals {
  prompts = {
    cat  = "a cat in the rain"
    dog  = "a dog in the snow"
    bird = "a bird in the wind"
  }
}

# One job per key. Adding, changing or removing a key affects its job only.
resource "runpodserverless_job_set" "images" {
  inputs = {
    for name, prompt in local.prompts : name => {
      prompt      = prompt
      mock_return = { file = "${name}.png" } # what the public mock-worker image returns
    }
  }

  max_in_flight = 20

  timeouts = {
    create = "1h" # all jobs together
    update = "1h"
  }
}

output "files" {
  value = { for name, output in runpodserverless_job_set.images.outputs : name => try(output.file, null) }
}
