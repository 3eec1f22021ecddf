#!/usr/bin/env bash
# Runs examples/demo from plan to destroy against the bundled simulator. It needs only
# Go. With --live it runs against the real service, where the job is paid for. With
# --worker it runs jobs on a real worker behind the simulator.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
live= worker=
example=$root/examples/demo
if [[ ${1:-} == --worker ]]; then
  worker=1
  example=$root/examples/guides/test-your-worker/demo
elif [[ ${1:-} == --live ]]; then
  live=1
  for name in RUNPOD_API_KEY RUNPOD_ENDPOINT_ID; do
    if [[ -z ${!name:-} ]]; then
      echo "demo-live runs a job on a real endpoint and needs $name: export it, or run make demo, which needs nothing." >&2
      exit 2
    fi
  done
fi

# Ignore the user's own settings, except those for --live, which are kept below.
cli=$("$root/scripts/find-cli.sh")
for name in $(compgen -e TF_ || true); do unset "$name"; done

work=$(mktemp -d)
simulator=
applied=

say() { printf '\n==> %s\n' "$*"; }

# In any case, leave no resource, process or file behind.
finish() {
  local code=$?
  trap - EXIT INT TERM
  if [[ -n $applied ]]; then
    say "Cleaning up after a failure"
    "$cli" destroy -auto-approve -input=false -no-color || echo "the cleaning up failed as well" >&2
  fi
  if [[ -n $simulator ]]; then
    kill "$simulator" 2>/dev/null || true
    wait "$simulator" 2>/dev/null || true
  fi
  cd / && rm -rf "$work"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A filesystem mirror, as on a machine without access to a registry: the CLI installs
# the provider from it like any other.
say "Building the provider"
MIRROR=$work/mirror "$root/scripts/install-mirror.sh" >/dev/null

mkdir "$work/demo"
cp "$example"/*.tf "$work/demo/"
cd "$work/demo"
export TF_CLI_CONFIG_FILE=$work/mirror/cli.tfrc TF_DATA_DIR=$work/data TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1

if [[ -z $live ]]; then
  say "Starting the simulator"
  flags=(-workers 3)
  if [[ -n $worker ]]; then
    go -C "$root" build -trimpath -o "$work/demo-worker" ./internal/simulator/cmd/demo-worker
    flags=(-worker-command "$work/demo-worker" -worker-count 3)
    echo "What follows [worker-n] is printed by the workers"
  fi
  "$root/bin/runpod-simulator" -quiet "${flags[@]}" -listen 127.0.0.1:0 -ready-file "$work/ready" &
  simulator=$!
  for _ in $(seq 100); do
    [[ -s $work/ready ]] && break
    kill -0 "$simulator" 2>/dev/null || { echo "the simulator did not start" >&2; exit 1; }
    sleep 0.1
  done
  [[ -s $work/ready ]] || { echo "the simulator was not ready within 10 seconds" >&2; exit 1; }
  RUNPOD_ENDPOINT_BASE_URL=$(<"$work/ready")
  RUNPOD_MANAGEMENT_BASE_URL=${RUNPOD_ENDPOINT_BASE_URL%/v2}/management/v2
  export RUNPOD_ENDPOINT_BASE_URL RUNPOD_MANAGEMENT_BASE_URL RUNPOD_API_KEY=rpa_simulator RUNPOD_ENDPOINT_ID=demo
  echo "It serves endpoint $RUNPOD_ENDPOINT_ID, with three workers, at $RUNPOD_ENDPOINT_BASE_URL"
fi

say "Using $cli"
"$cli" version

say "Init"
"$cli" init -input=false -no-color

say "Plan"
"$cli" plan -input=false -no-color -out="$work/plan"

say "Apply"
applied=1
"$cli" apply -input=false -no-color "$work/plan"

say "Outputs"
"$cli" output -no-color

if [[ -n $worker ]]; then
  [[ $("$cli" output -raw error) == "out of memory" && $("$cli" output -raw streamed) == "Once upon a time" ]] ||
    { echo "the worker's answers are not what its handler gives" >&2; exit 1; }
fi

say "State"
"$cli" state list

say "Destroy"
"$cli" destroy -auto-approve -input=false -no-color
applied=

say "Done: nothing is left behind"
