locals {
  prompts = {
    cat = "a cat on a roof"
    dog = "a dog in the rain"
    owl = "an owl at noon"
  }
}

# One resource for all jobs, which share their arguments. Changing one prompt
# runs that job only.
resource "runpodserverless_job_set" "pictures" {
  inputs = {
    for key, prompt in local.prompts : key => {
      prompt      = prompt
      mock_return = { file = "${key}.png" }
    }
  }

  max_in_flight     = 100  # the endpoint's number of workers
  min_success_ratio = 0.99 # one in a hundred may fail

  retry = {
    max_attempts = 2
  }

  timeouts = {
    create = "2h" # all jobs together
  }
}

output "files" {
  value = { for key, output in runpodserverless_job_set.pictures.outputs : key => try(output.file, null) }
}
