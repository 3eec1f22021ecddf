resource "runpodserverless_job_set" "embeddings" {
  inputs = {
    for text in ["red", "green"] : text => {
      mock_return = { vector = [0.1, 0.2, 0.3], debug = { tokens = 1 } }
    }
  }

  # A long list as one string keeps plans fast.
  output_select = {
    vector = "to_string(vector)"
  }
}

output "vectors" {
  value = { for text, output in runpodserverless_job_set.embeddings.outputs : text => try(jsondecode(output.vector), null) }
}
