#!/usr/bin/env bash
# Checks that this tree can be released and that the build is reproducible: builds the
# program twice, in two folders, and compares the hashes; checks the program's version,
# the changelog and the registry manifest. RELEASE_TAG=v1.2.3 checks for that release,
# and does the second build without a build cache.
#
# With --snapshot, goreleaser builds the whole release of the last commit twice,
# unsigned and unpublished, and all checksums are compared. That builds goreleaser
# first, which takes several minutes without a build cache.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

work=$(mktemp -d)
# Parts of the module cache and the build cache are read-only.
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

fail() {
  echo "release-check: $*" >&2
  exit 1
}

# The flags of .goreleaser.yml.
build() { # source folder, target program
  (cd "$1" && CGO_ENABLED=0 GOFLAGS= go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X main.version=0.0.0-check -X main.commit=0123456789abcdef" -o "$2" .)
}

check_builds() {
  echo "==> Two builds, one hash"
  local copy
  for copy in first second/in/another/folder; do
    mkdir -p "$work/$copy"
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
      [[ ! -e $file ]] || printf '%s\0' "$file"
    done | tar --null -T - -cf - | tar -xf - -C "$work/$copy"
  done
  build "$work/first" "$work/one"
  GOCACHE=${RELEASE_TAG:+$work/cache} build "$work/second/in/another/folder" "$work/two"
  local one two
  one=$(sha256sum <"$work/one")
  two=$(sha256sum <"$work/two")
  echo "first:  ${one%% *}"
  echo "second: ${two%% *}"
  [[ $one == "$two" ]] || fail "two builds of one source differ"
  local version
  version=$("$work/one" -version)
  echo "$version"
  [[ $version == *"0.0.0-check"*"0123456"* ]] || fail "-version does not show the version and the commit that were linked in"
}

# https://developer.hashicorp.com/terraform/plugin/best-practices/versioning
check_changelog() {
  echo "==> Change log"
  local heading
  heading=$(head -n 1 CHANGELOG.md)
  echo "$heading"
  if [[ -n ${RELEASE_TAG:-} ]]; then
    [[ $heading =~ ^"## ${RELEASE_TAG#v} ("[A-Z][a-z]+" "[0-9]{1,2}", "[0-9]{4}")"$ ]] ||
      fail "CHANGELOG.md must begin with \"## ${RELEASE_TAG#v} (Month D, YYYY)\" for the release $RELEASE_TAG"
  fi
  # Only headings of versions and kinds are allowed, and each entry must be below a
  # kind.
  awk '
    function bad(why) { print "CHANGELOG.md:" NR ": " why > "/dev/stderr"; failed = 1 }
    /^## / {
      kind = ""; versions++
      if ($0 !~ /^## [0-9]+\.[0-9]+\.[0-9]+(-[0-9a-z.]+)? \((Unreleased|[A-Z][a-z]+ [0-9]+, [0-9]+)\)$/) bad("not a version with its date")
      next
    }
    /^(BREAKING CHANGES|NOTES|FEATURES|ENHANCEMENTS|BUG FIXES|SECURITY):$/ { kind = $0; next }
    /^\* / { if (kind == "") bad("an entry below no kind"); entries++; next }
    /^  / || /^$/ { next }
    { bad("neither a version, a kind nor an entry") }
    END { if (!versions || !entries) bad("empty"); exit failed }
  ' CHANGELOG.md || fail "CHANGELOG.md is not in the registry's format"
}

check_manifest() {
  echo "==> Registry manifest"
  local manifest
  manifest=$(tr -d ' \n' <terraform-registry-manifest.json)
  echo "$manifest"
  [[ $manifest == '{"version":1,"metadata":{"protocol_versions":["6.0"]}}' ]] ||
    fail "terraform-registry-manifest.json does not name protocol 6.0, which main.go serves"
}

check_snapshot() {
  echo "==> Two snapshots, the same checksums"
  local copy sums
  go build -C tools/release -o "$work/goreleaser" github.com/goreleaser/goreleaser/v2
  for copy in first second/in/another/folder; do
    git clone -q "$root" "$work/$copy"
    (cd "$work/$copy" && GOFLAGS= "$work/goreleaser" release --snapshot --clean --skip=publish,sign) >"$work/log" 2>&1 ||
      { cat "$work/log" >&2; fail "goreleaser failed"; }
  done
  sums=$(cd "$work/first/dist" && echo *_SHA256SUMS)
  cat "$work/first/dist/$sums"
  diff -u "$work/first/dist/$sums" "$work/second/in/another/folder/dist/$sums" || fail "two snapshots of one commit differ"
  local platforms
  platforms=$(grep -c '\.zip$' "$work/first/dist/$sums")
  [[ $platforms -eq $(make -s print-platforms | wc -w) ]] || fail "goreleaser builds $platforms platforms, GNUmakefile names others"
  [[ $(grep -c '\.cdx\.json$' "$work/first/dist/$sums") -eq $platforms ]] || fail "not every program has an SBOM"
  grep -q '_manifest\.json$' "$work/first/dist/$sums" || fail "the registry manifest is not among the checksums"
}

if [[ ${1:-} == --snapshot ]]; then
  check_snapshot
else
  check_changelog
  check_manifest
  check_builds
fi
echo "==> Ready for a release"
