resource "runpodserverless_job_set" "pictures" {
  inputs_file = "${path.module}/inputs.jsonl"

  output_files = {
    "${path.module}/out/{key}.json" = {}
  }

  # Runs everything once a day.
  triggers = {
    day = formatdate("YYYY-MM-DD", plantimestamp())
  }
}

# The files of completed jobs, for the next step of the pipeline.
output "results" {
  value = flatten([
    for key, job in runpodserverless_job_set.pictures.jobs : [for path, digest in coalesce(job.files, {}) : path if digest != null]
  ])
}
