#!/usr/bin/env bash
# Writes the two modules of the Firebase web SDK that the sign-in page loads into templates/firebase/.
set -euo pipefail
cd "$(dirname "$0")/.."

version=13.2.0
into=templates/firebase
published="a67a49aeb0937561e6405f721cf486dc3085e73763716e8233082417be769d40  firebase-app.js
f29ff093124d9173c0fce1882d595ebfd4edfb84615fd8d6a55f4579acf3756b  firebase-auth.js"
# What the rewriting below makes of them, and what is committed.
served="bdb1f622f87deb396715fb269a95cf0090f4a6953105c6cb4c825a33d27c5ba6  firebase-app.js
b4e5370d0281b67d419b1f01431df305c68355ff19ce850ed8c76da7de40f336  firebase-auth.js"

usage() {
  cat <<TEXT
usage: scripts/firebase-sdk.sh [--check]

Fetches firebase@$version from the npm registry, compares its firebase-app.js and firebase-auth.js with
the digests written in this script, lets the one import they have point at our own origin, and writes
them into $into. Running it again changes nothing. Prints the digests of what is served.

  --check    fetches nothing: the committed files are what this script writes
TEXT
}

main() {
  case ${1:-} in
    "") fetch ;;
    --check) ;;
    --help | -h) usage && exit 0 ;;
    *) echo "scripts/firebase-sdk.sh: unknown option $1" >&2 && usage >&2 && exit 2 ;;
  esac
  committed
}

fetch() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && npm pack --silent "firebase@$version" >/dev/null && tar -xzf "firebase-$version.tgz")
  (cd "$work/package" && sha256sum --check --quiet --strict <<<"$published")
  for module in firebase-app.js firebase-auth.js; do
    rewritten "$work/package/$module" >"$into/$module"
  done
}

# Two modules that import each other by different names are two modules, and Auth then finds no app:
# the name here is the name in sign-in.js, to the letter. The version in it keeps a browser from mixing
# a cached module of another release with this one. The source maps are not served.
rewritten() {
  sed -e "s#from\"https://www.gstatic.com/firebasejs/$version/firebase-app.js\"#from\"/static/firebase-app.js?v=$version\"#" \
    -e '/^\/\/# sourceMappingURL=/d' "$1"
}

committed() {
  (cd "$into" && sha256sum --check --quiet --strict <<<"$served")
  if grep -E "^import .*from *[\"']https:|^import[^;]*from\"https:" "$into"/*.js; then
    echo "a module is imported from elsewhere" >&2
    return 1
  fi
  for module in firebase-app.js firebase-auth.js; do
    grep -q "from '/static/$module?v=$version'" "$into/sign-in.js" ||
      { echo "$into/sign-in.js does not import /static/$module?v=$version" >&2 && return 1; }
  done
  echo "$served"
}

main "$@"
