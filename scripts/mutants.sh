#!/usr/bin/env bash
# Breaks the pure rooms in every way that cargo-mutants knows, and asks their own unit tests whether they see it.
set -euo pipefail
cd "$(dirname "$0")/.."

package=target/mutants
rooms=(protocol jose engine provider)

usage() {
  cat <<'TEXT'
usage: scripts/mutants.sh [--list] [FILE...] [-- OPTION...]

Copies src/protocol, src/jose, src/engine and src/provider with their unit tests into a package of their
own, target/mutants/, and runs cargo-mutants there, which it installs where it is missing: a mutant takes
seconds that way, and minutes with the whole service around it. The integration tests have no say in it.
Results: target/mutants/mutants.out/{caught,missed,timeout,unviable}.txt, and a log of each mutant beside.

  FILE       only mutants in these files, such as src/jose/jws.rs or 'src/provider/*.rs'; all by default
  --list     names the mutants and tries none
  OPTION     goes to cargo-mutants: --re 'redeem' for some of them, --iterate for those that were not caught
             before, --shard 0/2 for the first half
  --help     this text

It ends with 0 when every mutant was caught, with 2 when some were missed, with 3 when some ran out of
time, and with 4 when the tests fail without any. docs/mutants.md says which may be missed, and why.
TEXT
}

main() {
  local mode=(--in-place --no-shuffle --timeout 60) files=() options=() tests=(-- --lib)
  while (($#)); do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --list) mode=(--list) tests=() ;;
      --) shift && options=("$@") && break ;;
      -*) echo "scripts/mutants.sh: unknown option $1" >&2 && usage >&2 && exit 2 ;;
      *) files+=(--file "$1") ;;
    esac
    shift
  done

  tool
  copy_rooms
  # The dependencies are those of the service, and built already where it was.
  export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target} INSTA_UPDATE=no
  cd "$package"
  cargo mutants "${mode[@]}" "${files[@]}" "${options[@]}" "${tests[@]}"
}

tool() {
  cargo mutants --version >/dev/null 2>&1 || cargo install --locked --quiet cargo-mutants
}

# The rooms import one another, `ambient` and crates: nothing else has to be built. Their tests read the
# files in providers/.
copy_rooms() {
  rm -rf "$package/src" "$package/providers"
  mkdir -p "$package/src"
  cp -r src/ambient.rs "${rooms[@]/#/src/}" "$package/src/"
  cp -r providers Cargo.lock "$package/"
  printf 'pub mod %s;\n' ambient "${rooms[@]}" >"$package/src/lib.rs"
  manifest >"$package/Cargo.toml"
}

# Cargo.toml without its programs, examples and benches: a package that is in no workspace.
manifest() {
  awk '/^\[/ { gone = /^\[\[(bin|example|bench|test)\]\]/ } !gone && !/^(default-run|readme) /' Cargo.toml
  printf '\n[workspace]\n\n[lib]\ndoctest = false\n'
}

main "$@"
