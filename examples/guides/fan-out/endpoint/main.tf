# What ran on the old endpoint stays as it is, with the endpoint's ID written out.
resource "runpodserverless_job_set" "pictures" {
  endpoint_id = "demo"

  inputs = {
    cat = { mock_return = { file = "cat.png" } }
    dog = { mock_return = { file = "dog.png" } }
  }
}

# What is added runs on the new endpoint.
resource "runpodserverless_job_set" "more_pictures" {
  endpoint_id = "demo-2"

  inputs = {
    owl = { mock_return = { file = "owl.png" } }
  }
}

output "files" {
  value = {
    for key, output in merge(
      runpodserverless_job_set.pictures.outputs,
      runpodserverless_job_set.more_pictures.outputs,
    ) : key => try(output.file, null)
  }
}
