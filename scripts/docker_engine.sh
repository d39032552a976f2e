#!/bin/bash
# A Docker engine for the tests of containers, on a machine where none runs yet; needs root.
#   scripts/docker_engine.sh start FOLDER   starts it unless one answers, and waits for it; its data and log are in FOLDER
#   scripts/docker_engine.sh stop FOLDER    stops it, if it was started here
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
export service=docker_engine
# shellcheck source=scripts/services/process.sh
. "$root/scripts/services/process.sh"

answers() { docker info >/dev/null 2>&1; }

start() {
  local folder=$1
  if answers; then return; fi
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  setsid dockerd --data-root "$folder/data" >"$folder/log" 2>&1 </dev/null &
  echo $! >"$folder/pid"
  await_process "$folder" 60 answers
}

case "${1:-}" in
  start) start "${2:?FOLDER}" ;;
  stop)
    stop_process "${2:?FOLDER}" 200
    rm -rf "$2/data"
    ;;
  *) fail "say what: start FOLDER or stop FOLDER" ;;
esac
