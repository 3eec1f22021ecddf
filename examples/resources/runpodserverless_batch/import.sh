# ENDPOINT_ID/BATCH_ID of a finalized batch
terraform import runpodserverless_batch.nightly demo/batch_01j9abc123
