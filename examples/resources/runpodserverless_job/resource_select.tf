resource "runpodserverless_job" "embedding" {
  input = {
    mock_return = {
      model  = "e5-large"
      scores = [0.12, 0.87, 0.33]
      debug  = { tokens = 512 }
    }
  }

  output_select = {
    model  = "model"
    scores = "to_string(scores)" # a long list as one string keeps plans fast
  }
}

output "scores" {
  value = try(jsondecode(runpodserverless_job.embedding.output.scores), null)
}
