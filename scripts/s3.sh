#!/bin/bash
# A real S3 server (versitygw) on loopback, for tests and benchmarks.
#   scripts/s3.sh fetch           builds it from the Go module proxy, once
#   scripts/s3.sh start FOLDER    starts it with its buckets in FOLDER/buckets, and waits until it answers; FOLDER/address
#                                 then holds HOST:PORT, FOLDER/pid its process
#   scripts/s3.sh stop FOLDER     stops it
# Access key "test", secret key "testtest", and a bucket "pictures".
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
version=v1.8.0
program="$root/build/services/versitygw-$version/versitygw"

service=s3
# shellcheck source=scripts/services/process.sh
. "$root/scripts/services/process.sh"

fetch() {
  if [[ -x "$program" ]]; then return; fi
  say "building versitygw $version"
  mkdir -p "$(dirname "$program")"
  GOBIN=$(dirname "$program") GOFLAGS=-buildvcs=false go_program install "github.com/versity/versitygw/cmd/versitygw@$version" >&2 ||
    fail "it could not be built. Is there a network?"
}

start() {
  local folder=$1 port
  fetch
  mkdir -p "$folder/buckets/pictures" "$folder/iam"
  folder=$(cd "$folder" && pwd)
  if [[ -e "$folder/pid" ]] && kill -0 "$(cat "$folder/pid")" 2>/dev/null; then fail "it runs already in $folder"; fi
  if [[ -e "$folder/address" ]]; then
    port=$(cut -d: -f2 "$folder/address") # started again: where it was
  else
    port=$(free_port 127.0.0.1)
  fi
  setsid "$program" --access test --secret testtest --port "127.0.0.1:$port" posix "$folder/buckets" \
    >>"$folder/log" 2>&1 </dev/null &
  echo $! >"$folder/pid"
  await_process "$folder" 30 listens 127.0.0.1 "$port"
  echo "127.0.0.1:$port" >"$folder/address"
}

case "${1:-}" in
  fetch) fetch ;;
  start) start "${2:?FOLDER}" ;;
  stop) stop_process "${2:?FOLDER}" 50 ;;
  *) fail "say what: fetch, start FOLDER or stop FOLDER" ;;
esac
