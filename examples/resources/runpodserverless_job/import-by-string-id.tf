import {
  to = runpodserverless_job.greeting
  id = "demo/7d2d7e5c-6a92-4bb8-a911-f996ac5ea99d-u1" # ENDPOINT_ID/JOB_ID
}
