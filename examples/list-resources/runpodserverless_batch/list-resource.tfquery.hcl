# "terraform query" lists the 20 newest batches of the endpoint, including drafts.
list "runpodserverless_batch" "all" {
  provider = runpodserverless
  limit    = 20

  config {
    endpoint_id = "demo"
  }
}
