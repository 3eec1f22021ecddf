#!/usr/bin/env bash
# Generates docs/ with tfplugindocs from the provider's schema, which docsgen reads in
# process, so no CLI is needed. With --check, generates to a temporary folder and fails
# if docs/ differs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name=runpodserverless
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# tfplugindocs prints a line for each file and has no option to turn that off, so its
# output is shown only if it fails.
tfplugindocs() {
  go tool -modfile=tools/go.mod tfplugindocs "$@" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    return 1
  }
}

# The generator deletes existing files before it writes, so it works on a copy.
mkdir "$work/tree"
cp -R examples templates "$work/tree/"
go run ./internal/docsgen >"$work/schema.json"
tfplugindocs generate --provider-dir "$work/tree" --provider-name "$name" \
  --providers-schema "$work/schema.json" --rendered-provider-name "Runpod Serverless"
tfplugindocs validate --provider-dir "$work/tree" --provider-name "$name" \
  --providers-schema "$work/schema.json"

if [[ ${1:-} == --check ]]; then
  if ! diff -ru docs "$work/tree/docs"; then
    echo "docs/ is not up to date: run make docs" >&2
    exit 1
  fi
  echo "docs/ is up to date"
else
  rm -rf docs
  cp -R "$work/tree/docs" docs
  echo "docs/ is generated"
fi
