#!/usr/bin/env bash
# Builds the provider and installs it into a filesystem mirror, with a CLI configuration
# that installs this provider from the mirror and all others from their usual source.
# Works for Terraform and OpenTofu, with init and with modules.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mirror=${MIRROR:-$root/bin/mirror}
case $mirror in /*) ;; *) mirror=$PWD/$mirror ;; esac
address=runpodserverless/runpodserverless
name=terraform-provider-runpodserverless
# The version in development, so that version constraints of modules accept it.
version=$(sed -n 's/^## \([0-9.]*\) .*/\1/p' "$root/CHANGELOG.md" | head -n 1)
exe=$(go env GOEXE)

make -s -C "$root" build
hosts=(registry.terraform.io registry.opentofu.org)
for host in "${hosts[@]}"; do
  folder=$mirror/$host/$address/$version/$(go env GOOS)_$(go env GOARCH)
  mkdir -p "$folder"
  # Copy and rename, because the program may be running.
  cp "$root/bin/$name$exe" "$folder/.new"
  mv "$folder/.new" "$folder/${name}_v$version$exe"
done

cat >"$mirror/cli.tfrc" <<CONFIG
provider_installation {
  filesystem_mirror {
    path    = "$mirror"
    include = ["${hosts[0]}/$address", "${hosts[1]}/$address"]
  }
  direct {
    exclude = ["${hosts[0]}/$address", "${hosts[1]}/$address"]
  }
}
CONFIG

cat <<DONE
Installed version $version into $mirror. Use it with:

  export TF_CLI_CONFIG_FILE=$mirror/cli.tfrc

After another build, remove .terraform.lock.hcl and run init again.
DONE
