# One job per row. Changing a row runs that job only; so does adding one.
resource "runpodserverless_job_set" "pictures" {
  inputs = {
    for row in csvdecode(file("${path.module}/prompts.csv")) : row.id => {
      prompt      = row.prompt
      mock_return = { file = "${row.id}.png" }
    }
  }
}

output "files" {
  value = { for id, output in runpodserverless_job_set.pictures.outputs : id => try(output.file, null) }
}
