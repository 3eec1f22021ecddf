#!/usr/bin/env bash
# Opens a shell in which terraform and tofu use the provider from this clone and the
# simulator instead of the API. It opens in the folder of a configuration, by default in
# first-job, where it creates a configuration to edit. The simulator exits with the
# shell.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:-}
if [[ -z $folder ]]; then
  folder=$root/first-job
  mkdir -p "$folder"
  [[ -e $folder/main.tf ]] || cp "$root/examples/guides/first-job/main.tf" "$folder/"
  rm -f "$folder/.terraform.lock.hcl" # It has the checksum of the previous build.
elif [[ ! -d $folder ]]; then
  echo "There is no folder $folder." >&2
  exit 1
fi
cd "$folder"

echo "Building the provider and the simulator"
"$root/scripts/install-mirror.sh" >/dev/null
cat <<DONE

A shell in $PWD, with this provider and the simulator.
Run terraform init and terraform apply (or tofu), then edit the configuration and apply again. If init refuses the provider's
checksum, because the provider was built again since, remove .terraform.lock.hcl.
"exit" leaves the shell and ends the simulator.

DONE

export TF_CLI_CONFIG_FILE=$root/bin/mirror/cli.tfrc PATH=$root/bin:$PATH
code=0
"$root/bin/runpod-simulator" -quiet -- "${SHELL:-/bin/sh}" || code=$?
# The exit code of an interactive shell's last command is not a failure of this script.
[[ -t 0 ]] || exit "$code"
