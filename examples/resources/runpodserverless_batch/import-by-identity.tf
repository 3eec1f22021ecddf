import {
  to = runpodserverless_batch.nightly
  identity = {
    endpoint_id = "demo"
    id          = "batch_01j9abc123"
  }
}
