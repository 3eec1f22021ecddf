#!/usr/bin/env bash
# Runs a command against the simulator: ./with-simulator.sh terraform test
# SIMULATOR is the path of a built simulator, SIMULATOR_FLAGS its flags.
set -euo pipefail

work=$(mktemp -d)
simulator=
finish() {
  [[ -z $simulator ]] || { kill "$simulator" && wait "$simulator"; } 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

if [[ -z ${SIMULATOR:-} ]]; then
  git clone -q --depth 1 https://github.com/runpodserverless/terraform-provider-runpodserverless "$work/provider"
  make -s -C "$work/provider" build
  SIMULATOR=$work/provider/bin/runpod-simulator
fi
# shellcheck disable=SC2086 # The flags are separate words.
"$SIMULATOR" ${SIMULATOR_FLAGS:-} -quiet -listen 127.0.0.1:0 -ready-file "$work/ready" &
simulator=$!
until [[ -s $work/ready ]]; do
  kill -0 "$simulator" 2>/dev/null || { echo "the simulator did not start" >&2; exit 1; }
  sleep 0.1
done

RUNPOD_ENDPOINT_BASE_URL=$(<"$work/ready")
RUNPOD_MANAGEMENT_BASE_URL=${RUNPOD_ENDPOINT_BASE_URL%/v2}/management/v2
export RUNPOD_ENDPOINT_BASE_URL RUNPOD_MANAGEMENT_BASE_URL RUNPOD_API_KEY=rpa_simulator RUNPOD_ENDPOINT_ID=demo
"$@"
