# terraform query lists the newest batches of the endpoint, drafts included.
list "runpodserverless_batch" "all" {
  provider = runpodserverless
  limit    = 20

  config {
    endpoint_id = "demo"
  }
}
