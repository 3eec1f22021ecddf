resource "runpodserverless_job" "image" {
  input = {
    prompt = "a cat in the rain"
    mock_return = {
      image = "iVBORw0KGgo=" # an image in base64
      seed  = 42
    }
  }

  output_files = {
    "${path.module}/out/cat.png"  = { select = "image", encoding = "base64" }
    "${path.module}/out/cat.json" = {} # the whole output
  }

  output_select = {
    seed = "seed" # what the configuration itself needs
  }
}

output "seed" {
  value = try(runpodserverless_job.image.output.seed, null)
}
