"""A worker that speaks the protocol with nothing but Python's standard library."""

import json
import os
import threading
import time
import traceback
import urllib.request

WORKER = os.environ["RUNPOD_POD_ID"]
TAKE = os.environ["RUNPOD_WEBHOOK_GET_JOB"].replace("$ID", WORKER)
DONE = os.environ["RUNPOD_WEBHOOK_POST_OUTPUT"].replace("$RUNPOD_POD_ID", WORKER)
STREAM = os.environ["RUNPOD_WEBHOOK_POST_STREAM"].replace("$RUNPOD_POD_ID", WORKER)
PING = os.environ["RUNPOD_WEBHOOK_PING"].replace("$RUNPOD_POD_ID", WORKER)


def call(url, body=None):
    data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    request = urllib.request.Request(url, data)
    request.add_header("Authorization", os.environ["RUNPOD_AI_API_KEY"])
    with urllib.request.urlopen(request, timeout=90) as response:
        return json.loads(response.read() or "null")


def ping():
    while True:
        call(PING + "?runpod_version=test")
        time.sleep(int(os.environ["RUNPOD_PING_INTERVAL"]) / 1000)


def handler(job):
    if "raise" in job["input"]:
        raise ValueError(job["input"]["raise"])
    for chunk in job["input"].get("stream", []):
        call(STREAM.replace("$ID", job["id"]) + "&isStream=false", {"output": chunk})
    return {"echo": job["input"]}


threading.Thread(target=ping, daemon=True).start()
print("ready", flush=True)
while True:
    job = call(TAKE + "&job_in_progress=0")
    if job is None:
        continue
    print("run", job["id"])
    try:
        result = {"output": handler(job)}
    except Exception as err:
        info = {"error_type": str(type(err)), "error_message": str(err), "error_traceback": traceback.format_exc()}
        result = {"error": json.dumps(info)}
    call(DONE.replace("$ID", job["id"]) + "&isStream=false", result)
