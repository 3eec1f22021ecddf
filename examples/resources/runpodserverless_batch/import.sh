# ENDPOINT_ID/BATCH_ID, of a batch that is finalized
terraform import runpodserverless_batch.nightly demo/batch_01j9abc123
