#!/bin/sh
# Replaces the servers of compose.yaml's profile `three` one after another, so that no request fails:
#   VIDI_IMAGE=vidi:0.2.0 deploy/update.sh
# Each is told to stop, serves until the proxy has turned away, and the next one follows when its successor is ready.
set -eu
cd "$(dirname "$0")"
export COMPOSE_FILE="${COMPOSE_FILE:-compose.yaml}"

compose() {
  if docker compose version >/dev/null 2>&1; then docker compose --profile three "$@"
  else docker-compose --profile three "$@"; fi
}

if [ $# -eq 0 ]; then set -- vidi-1 vidi-2 vidi-3; fi
for service; do
  compose up -d --no-deps --no-build --force-recreate "$service"
  waited=0
  until [ "$(docker inspect --format '{{.State.Health.Status}}' "$(compose ps -q "$service")")" = healthy ]; do
    if [ "$waited" -ge 120 ]; then
      echo "update: $service is not ready after two minutes; the others were left as they are" >&2
      exit 1
    fi
    waited=$((waited + 1))
    sleep 1
  done
  sleep 2 # until the proxy has seen it
  echo "update: $service is replaced"
done
