#!/usr/bin/env bash
# Prints the path of a Terraform or OpenTofu program: TF_ACC_TERRAFORM_PATH, terraform
# or tofu on PATH, or else the OpenTofu that tools/opentofu pins, which is built once
# and kept in the user's cache. With --opentofu always the pinned OpenTofu.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [[ ${1:-} != --opentofu ]]; then
  if [[ -n ${TF_ACC_TERRAFORM_PATH:-} ]]; then
    # Look up a bare name and make a relative path absolute, because the tests run in
    # other directories.
    path=$(command -v -- "$TF_ACC_TERRAFORM_PATH") || {
      echo "TF_ACC_TERRAFORM_PATH=$TF_ACC_TERRAFORM_PATH: no such program" >&2
      exit 1
    }
    realpath -s -- "$path"
    exit
  fi
  for name in terraform tofu; do
    if command -v "$name"; then
      exit
    fi
  done
fi

version=$(cd "$root/tools/opentofu" && go list -m -f '{{.Version}}' github.com/opentofu/opentofu)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/terraform-provider-runpodserverless
tofu=$cache/tofu-$version
if [[ ! -x $tofu ]]; then
  echo "Building OpenTofu $version into $cache (a few minutes, once)" >&2
  mkdir -p "$cache"
  # Build to a temporary name, so that an interrupted build leaves no incomplete
  # program.
  partial=$(mktemp "$cache/tofu.XXXXXX")
  trap 'rm -f "$partial"' EXIT
  CGO_ENABLED=0 go -C "$root/tools/opentofu" build -trimpath \
    -ldflags "-s -w -X github.com/opentofu/opentofu/version.dev=no" \
    -o "$partial" github.com/opentofu/opentofu/cmd/tofu >&2
  chmod +x "$partial"
  mv "$partial" "$tofu"
fi
echo "$tofu"
