#!/usr/bin/env bash
# Runs each fuzz target of the module for FUZZTIME, one after the other, because go test
# fuzzes one target at a time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

found=0
while IFS=: read -r file target; do
  found=1
  echo "==> $target in $(dirname "$file")"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-10s}" "./$(dirname "$file")"
done < <(git ls-files '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]*' | sed 's/func //')

if ((found == 0)); then
  echo "no fuzz targets"
fi
