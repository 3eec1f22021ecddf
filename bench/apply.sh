#!/usr/bin/env bash
# Applies 200 jobs that take no time, in turn with 200 resources that do
# nothing: one with two attributes, which is the floor of the plugin protocol,
# and one with the attributes of a job, which is the floor of a resource of that
# size. Prints the medians and their ratios. JOBS and ROUNDS change the size. It
# needs Go and the CLI that scripts/find-cli.sh finds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=${JOBS:-200}
rounds=${ROUNDS:-5}
cli=$(scripts/find-cli.sh)
dir=$(mktemp -d)
simulator=
cleanup() {
  [ -z "$simulator" ] || { kill "$simulator" && wait "$simulator"; } 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT

mkdir "$dir/bin" "$dir/job" "$dir/floor" "$dir/wide"
go build -o "$dir/bin/terraform-provider-runpodserverless" .
go build -o "$dir/bin/terraform-provider-floor" ./bench/floor
go build -o "$dir/simulator" ./internal/simulator/cmd/runpod-simulator
"$dir/simulator" -quiet -ready-file "$dir/ready" &
simulator=$!
until [ -s "$dir/ready" ]; do sleep 0.05; done

overrides=
for host in registry.terraform.io registry.opentofu.org; do
  for name in runpodserverless floor; do
    overrides+="    \"$host/runpodserverless/$name\" = \"$dir/bin\"
"
  done
done
printf 'provider_installation {\n  dev_overrides {\n%s  }\n  direct {}\n}\n' "$overrides" >"$dir/rc"
export TF_CLI_CONFIG_FILE=$dir/rc CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1
RUNPOD_ENDPOINT_BASE_URL=$(cat "$dir/ready")
export RUNPOD_ENDPOINT_BASE_URL RUNPOD_API_KEY=rpa_simulator RUNPOD_ENDPOINT_ID=demo

configuration() { # name, body
  printf 'terraform {\n  required_providers {\n    %s = { source = "runpodserverless/%s" }\n  }\n}\n%s\n' "$1" "$1" "$2"
}
configuration runpodserverless "resource \"runpodserverless_job\" \"test\" {
  count = $jobs
  input = { mock_return = count.index }
}" >"$dir/job/main.tf"
configuration floor "resource \"floor_nothing\" \"test\" {
  count = $jobs
  name  = count.index
}" >"$dir/floor/main.tf"
configuration floor "resource \"floor_job\" \"test\" {
  count = $jobs
  input = { mock_return = count.index }
}" >"$dir/wide/main.tf"

apply() { # folder: prints the seconds of one apply from nothing
  rm -f "$dir/$1"/terraform.tfstate*
  local start=$EPOCHREALTIME
  (cd "$dir/$1" && "$cli" apply -auto-approve -no-color >"$dir/out" 2>&1) || { cat "$dir/out" >&2; return 1; }
  awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f\n", b - a }'
}
median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

for kind in job floor wide; do apply "$kind" >/dev/null; done # warms the caches
for _ in $(seq "$rounds"); do
  for kind in job floor wide; do apply "$kind" >>"$dir/$kind.times"; done
done
job=$(median <"$dir/job.times")
floor=$(median <"$dir/floor.times")
wide=$(median <"$dir/wide.times")
echo "$jobs of each, medians of $rounds rounds: jobs of no time ${job} s; resources that do nothing ${floor} s, with the attributes of a job ${wide} s"
awk -v a="$job" -v b="$floor" -v c="$wide" 'BEGIN { printf "ratio to a resource that does nothing %.2f; to one with the attributes of a job %.2f\n", a / b, a / c }'
