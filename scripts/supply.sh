#!/usr/bin/env bash
# What Countersign is made of: licences, bans, sources and advisories of its dependencies, and a bill of materials.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: scripts/supply.sh [--sbom [FILE]] [--help]

Without an option: checks every dependency by deny.toml (cargo-deny). Licences, banned crates and sources are
checked from what is on this machine. Known advisories need RustSec's database: where it cannot be fetched and
none is at hand, that is said, and everything else still counts.

  --sbom     writes a bill of materials (CycloneDX 1.5, JSON) to FILE, countersign.cdx.json unless named
  --help     this text

It installs cargo-deny and cargo-cyclonedx where they are missing.
TEXT
}

main() {
  case ${1:-} in
    '') check ;;
    --sbom) bill_of_materials "${2:-countersign.cdx.json}" ;;
    --help | -h) usage ;;
    *) echo "scripts/supply.sh: unknown option $1" >&2 && usage >&2 && exit 2 ;;
  esac
}

check() {
  tool cargo-deny
  cargo deny --locked check licenses bans sources
  advisories
}

# An older database is better than none; none at all is no verdict.
advisories() {
  local databases=${CARGO_HOME:-$HOME/.cargo}/advisory-dbs
  if timeout 120 cargo deny --locked fetch db >/dev/null 2>&1; then
    cargo deny --locked --offline check advisories
  elif compgen -G "$databases/advisory-db-*/.git" >/dev/null; then
    cargo deny --locked --offline check advisories
    echo "advisories checked by an older database: today's could not be fetched"
  else
    echo "advisories NOT CHECKED: RustSec's database could not be fetched, and none is on this machine"
  fi
}

bill_of_materials() {
  tool cargo-cyclonedx
  cargo cyclonedx --format json --spec-version 1.5 --all --quiet --override-filename countersign-sbom
  mv countersign-sbom.json "$1"
  echo "$1: $(grep -c '"bom-ref"' "$1") parts"
}

# Built with little care for its speed: it runs for seconds.
tool() {
  command -v "$1" >/dev/null && return
  echo "installing $1"
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=false cargo install --locked --quiet "$1"
}

main "$@"
