# ENDPOINT_ID/JOB_ID of a job that has not expired
terraform import runpodserverless_job.greeting demo/7d2d7e5c-6a92-4bb8-a911-f996ac5ea99d-u1
