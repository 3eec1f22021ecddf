import {
  to = runpodserverless_job.greeting
  identity = {
    endpoint_id = "demo"
    id          = "7d2d7e5c-6a92-4bb8-a911-f996ac5ea99d-u1"
  }
}
