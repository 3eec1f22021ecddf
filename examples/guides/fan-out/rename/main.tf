# It was called pictures before.
resource "runpodserverless_job_set" "covers" {
  inputs = {
    cat = { mock_return = { file = "cat.png" } }
    dog = { mock_return = { file = "dog.png" } }
  }
}

moved {
  from = runpodserverless_job_set.pictures
  to   = runpodserverless_job_set.covers
}
