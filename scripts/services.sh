#!/bin/bash
# The real Cassandra and the real S3 server that the contract tests run against.
#   scripts/services.sh start FOLDER   starts both, empty: FOLDER/cassandra and FOLDER/s3 hold their data and addresses
#   scripts/services.sh stop FOLDER    stops them and removes their data
set -euo pipefail
scripts=$(cd "$(dirname "$0")" && pwd)

stop() {
  "$scripts/cassandra.sh" stop "$1/cassandra"
  "$scripts/s3.sh" stop "$1/s3"
}

case "${1:-}" in
  start)
    folder=${2:?FOLDER}
    stop "$folder" # of a run that was broken off
    rm -rf "$folder"
    "$scripts/s3.sh" start "$folder/s3"
    "$scripts/cassandra.sh" start "$folder/cassandra"
    ;;
  stop)
    folder=${2:?FOLDER}
    stop "$folder"
    rm -rf "$folder"
    ;;
  *)
    echo "services: say what: start FOLDER or stop FOLDER" >&2
    exit 1
    ;;
esac
