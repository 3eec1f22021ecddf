import runpod

handler = lambda job: {"text": job["input"]["text"].upper()}
runpod.serverless.start({"handler": handler})
