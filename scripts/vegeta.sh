#!/bin/bash
# vegeta, which offers requests at a fixed rate, for benchmarks/open_loop.py.
#   scripts/vegeta.sh fetch    builds it from the Go module proxy, once
#   scripts/vegeta.sh path     prints where it is, or will be
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
version=v12.12.0
program="$root/build/services/vegeta-$version/vegeta"

service=vegeta
# shellcheck source=scripts/services/process.sh
. "$root/scripts/services/process.sh"

fetch() {
  if [[ -x "$program" ]]; then return; fi
  say "building vegeta $version"
  mkdir -p "$(dirname "$program")"
  local module=github.com/tsenart/vegeta/v12 source
  # Built in its own module, with the versions of its own go.sum. `go install` would also ask for the list of versions,
  # which not every module proxy gives.
  if ! { (cd "$(dirname "$program")" && go_program mod download "$module@$version") >&2 &&
    source=$(cd "$(dirname "$program")" && GOWORK=off go_program list -m -f '{{.Dir}}' "$module@$version") &&
    go_program build -C "$source" -mod=readonly -buildvcs=false -o "$program" . >&2; }; then
    fail "it could not be built. Is there a network?"
  fi
}

case "${1:-}" in
  fetch) fetch ;;
  path) printf '%s\n' "$program" ;;
  *) fail "say what: fetch or path" ;;
esac
