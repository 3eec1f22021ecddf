locals {
  prompts = {
    cat = "a cat on a roof"
    dog = "a dog in the rain"
    owl = "an owl at noon"
  }
}

# One resource per job, with arguments of its own, referenced by its key.
resource "runpodserverless_job" "picture" {
  for_each = local.prompts

  input = {
    prompt      = each.value
    mock_return = { file = "${each.key}.png" }
  }

  retry = {
    max_attempts = 2
  }
}

output "files" {
  value = { for key, job in runpodserverless_job.picture : key => try(job.output.file, null) }
}
