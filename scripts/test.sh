#!/usr/bin/env bash
# The one test command. It installs what is missing, then runs every test there is.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: scripts/test.sh [--fast] [--deep] [--help]

Runs, in this order, and stops at the first step that fails:
  rust       rustfmt and clippy, installed where they are missing
  database   Debian's PostgreSQL, installed where it is missing; each test run starts a server of its own
  peers      Debian's Chromium and faketime, the Node.js and the Python packages, installed where they are missing
  format     cargo fmt --check
  lint       cargo clippy on every target, warnings are errors
  guard      the light build for protected servers, and what it must not link
  modules    the Firebase SDK in templates/firebase/ is the published one
  docs       cargo doc, warnings are errors
  supply     licences, bans, sources and known advisories of every dependency; installs cargo-deny where it is missing
  test       unit, property, architecture and integration tests
  e2e        official MCP clients, OpenID providers, the Firebase emulator and a browser against the service;
             then faults: slow and hostile clients, a slow provider, a full disk, a clock that jumps

  --fast     leaves out what needs Node.js, Python and a browser (peers, e2e)
  --deep     fuzzes as well: every target of fuzz/ for 60 seconds, after a build with AddressSanitizer; installs
             cargo-fuzz where it is missing. The seeds in fuzz/seeds/ are part of every run (docs/fuzzing.md)
  --help     this text

It needs Rust with a C compiler, Node.js 20 or newer with npm, Python 3.11 or newer with venv, and for
missing Debian packages either root or sudo. To run one end-to-end file alone, once this has installed
the peers:
  cargo build --bins --examples && (cd tests/e2e && node --test sdk-v1.test.mjs)
COUNTERSIGN_BIN names another program to test, CHROMIUM another browser, SHOW_LOG=1 prints the service's log.
TEXT
}

main() {
  local fast=no deep=no
  for argument in "$@"; do
    case $argument in
      --fast) fast=yes ;;
      --deep) deep=yes ;;
      --help | -h) usage && exit 0 ;;
      *) echo "scripts/test.sh: unknown option $argument" >&2 && usage >&2 && exit 2 ;;
    esac
  done

  trap summary EXIT
  step rust rust_tools
  step database postgresql
  if [[ $fast = no ]]; then step peers e2e_tools; fi
  step format cargo fmt --check
  step lint cargo clippy --locked --all-targets -- -D warnings
  step guard guard_build
  step modules scripts/firebase-sdk.sh --check
  step docs env RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps
  step supply scripts/supply.sh
  # Of a failure the message counts; a backtrace would push it out of sight.
  step test env RUST_BACKTRACE=0 cargo test --locked
  if [[ $fast = no ]]; then step e2e end_to_end; fi
  if [[ $deep = yes ]]; then step fuzz fuzzing; fi
}

# --- steps -------------------------------------------------------------------------------------

rust_tools() {
  command -v cargo >/dev/null || missing "cargo" "install Rust: https://rustup.rs"
  command -v cc >/dev/null || missing "a C compiler" "apt-get install gcc libc6-dev"
  cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
  cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
}

# The programs are enough: no cluster of the system's is made or started.
postgresql() {
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return
  debian_package postgresql-common
  as_root sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  debian_package postgresql
}

e2e_tools() {
  command -v npm >/dev/null || missing "Node.js 20 with npm" "see https://nodejs.org"
  node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || missing "Node.js 20" "this is $(node --version)"
  browser_is_there || debian_package chromium
  # Nothing but one test of a clock that jumps wants it, and is left out without it.
  faketime_is_there || ! command -v apt-get >/dev/null || debian_package faketime
  node_packages tests/e2e
  # The Firebase emulator comes with 600 packages, none of which needs to be built for this.
  node_packages tests/e2e/firebase --ignore-scripts --omit=optional
  node_packages examples/servers/typescript
  [[ -n $(python) ]] || debian_package python3-venv
  python_packages tests/e2e/python
}

# The guard is for other people's servers: none of the service's heavy parts may come with it.
guard_build() {
  cargo check --locked --no-default-features --features guard
  local heavy
  heavy=$(cargo tree --locked --no-default-features --features guard --edges normal --prefix none --format '{p}' |
    grep -E '^(axum|deadpool|openidconnect|rmcp|rusqlite|sqlx|tokio-postgres)[^ ]* ' | sort -u) || true
  [[ -z $heavy ]] || { echo "the guard build links what it must not:" && echo "$heavy" && return 1; }
}

end_to_end() {
  # `cargo test` has left the program that belongs to the tests; building it once more would compile most of it twice.
  local target report status=0
  target=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
  export COUNTERSIGN_BIN=${COUNTERSIGN_BIN:-$target/debug/countersign}
  report=$(mktemp)
  (cd tests/e2e && node --test --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$report" ./*.test.mjs ./faults/*.test.mjs) || status=$?
  e2e_result="$(counted pass "$report") passed, $(counted fail "$report") failed"
  rm -f "$report"
  return "$status"
}

# The sanitizer's flags are the compiler's unstable ones: RUSTC_BOOTSTRAP lets the stable one take them.
fuzzing() {
  local target seconds=${FUZZ_SECONDS:-60}
  cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
  export RUSTC_BOOTSTRAP=1
  cargo fuzz build
  for target in $(cargo fuzz list); do
    mkdir -p "fuzz/corpus/$target"
    cargo fuzz run "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
      -max_total_time="$seconds" -timeout=10 -print_final_stats=1
  done
}

# --- helpers -----------------------------------------------------------------------------------

steps=()
running=
began=0
e2e_result=

# Runs a step and remembers how long it took. A failure ends the script by `set -e`, which bash
# switches off inside whatever stands before `||` or `&&`: so a step stands alone.
step() {
  running=$1
  began=$SECONDS
  shift
  printf '\n== %s\n' "$running"
  "$@"
  record ok
  running=
}

record() { steps+=("$(printf '%-10s %4d s  %s' "$running" $((SECONDS - began)) "$1")"); }

summary() {
  local status=$?
  [[ -z $running ]] || record FAILED
  printf '\n== summary\n'
  [[ ${#steps[@]} = 0 ]] || printf '%s\n' "${steps[@]}"
  [[ -z $e2e_result ]] || echo "end-to-end: $e2e_result"
  if [[ $status = 0 ]]; then echo "all passed in $SECONDS s"; else echo "failed after $SECONDS s"; fi
}

# Installs what a folder's lock file says, unless it is there: the lock file's digest stands beside the packages.
node_packages() {
  local folder=$1 wanted installed=$1/node_modules/.installed
  wanted=$(sha256sum <"$folder/package-lock.json")
  if [[ ! -f $installed || $(<"$installed") != "$wanted" ]]; then
    (cd "$folder" && npm ci --loglevel=error "${@:2}")
    printf '%s\n' "$wanted" >"$installed"
  fi
}

# The same for Python, in a virtual environment beside the list.
python_packages() {
  local folder=$1 wanted installed=$1/.venv/.installed
  [[ -n $(python) ]] || missing "Python 3.11 with venv" "apt-get install python3-venv"
  wanted=$("$(python)" --version && sha256sum <"$folder/requirements.txt")
  if [[ ! -f $installed || $(<"$installed") != "$wanted" ]]; then
    "$(python)" -m venv --clear "$folder/.venv"
    "$folder/.venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: \
      --requirement "$folder/requirements.txt"
    printf '%s\n' "$wanted" >"$installed"
  fi
}

# The first Python that is new enough and can make virtual environments.
python() {
  local candidate
  for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate" && return
    fi
  done
}

counted() { awk -v name="$1" '$1 == "#" && $2 == name { found = $3 } END { print found + 0 }' "$2"; }

browser_is_there() {
  [[ -x ${CHROMIUM:-} || -x /usr/bin/chromium || -x /usr/bin/chromium-browser || -x /usr/bin/google-chrome ]]
}

faketime_is_there() { compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null; }

debian_package() {
  command -v apt-get >/dev/null || missing "$1" "install it with this system's package manager"
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

as_root() {
  if [[ $(id -u) = 0 ]]; then "$@"; else sudo "$@"; fi
}

missing() {
  echo "scripts/test.sh needs $1: $2" >&2
  exit 1
}

main "$@"
