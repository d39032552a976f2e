#!/bin/bash
# A real Apache Cassandra on loopback, for tests and benchmarks.
#   scripts/cassandra.sh fetch            fetches it from Maven's archive, once
#   scripts/cassandra.sh start FOLDER [NODE]   starts node NODE (1, on 127.0.0.1) with its data in FOLDER, and waits
#                                         until it answers; FOLDER/address then holds HOST:PORT, FOLDER/pid its process
#   scripts/cassandra.sh stop FOLDER      stops it
# Further nodes (2 on 127.0.0.2, ...) join the first when SEED names its folder; a driver expects them all at one port.
# An address that stands in FOLDER beforehand is used. HEAP is the heap (512M), JAVA_FLAGS more flags for Java, YAML more
# lines for cassandra.yaml, which outrank those here.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
jars="$root/build/services/cassandra-5.0.6"

service=cassandra
# shellcheck source=scripts/services/process.sh
. "$root/scripts/services/process.sh"

fetch() {
  if [[ -e "$jars/.complete" ]]; then return; fi
  say "fetching Apache Cassandra 5.0.6 (66 MB)"
  mkdir -p "$jars"
  mvn --batch-mode --quiet -f "$root/scripts/services/pom.xml" dependency:copy-dependencies \
    -DoutputDirectory="$jars" >&2 || fail "Maven could not fetch it. Is there a network?"
  touch "$jars/.complete"
}

configure() { # FOLDER HOST PORT STORAGE_PORT SEEDS
  cat >"$1/cassandra.yaml" <<END
cluster_name: vidi
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
num_tokens: 4
commitlog_sync: group
commitlog_sync_group_window: 2ms
endpoint_snitch: SimpleSnitch
listen_address: $2
rpc_address: $2
native_transport_port: $3
storage_port: $4
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "$5"
authenticator: AllowAllAuthenticator
authorizer: AllowAllAuthorizer
commitlog_total_space: 256MiB
memtable_heap_space: 128MiB
memtable_offheap_space: 128MiB
concurrent_reads: 8
concurrent_writes: 128
auto_snapshot: false
${YAML:-}
END
}

start() {
  local folder=$1 node=${2:-1} host port storage seeds
  host="127.0.0.$node"
  fetch
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  if [[ -e "$folder/pid" ]] && kill -0 "$(cat "$folder/pid")" 2>/dev/null; then fail "it runs already in $folder"; fi
  if [[ -e "$folder/address" ]]; then
    port=$(cut -d: -f2 "$folder/address") # started again: where it was
  elif [[ -n "${SEED:-}" ]]; then
    port=$(cut -d: -f2 "$SEED/address")
  else
    port=$(free_port "$host")
  fi
  local ring_delay=2000
  if [[ -n "${SEED:-}" ]]; then
    storage=$(cat "$SEED/storage_port")
    seeds="127.0.0.1:$storage"
    ring_delay=6000 # on a busy machine the first is not heard of sooner
  else
    storage=$(cat "$folder/storage_port" 2>/dev/null || free_port "$host")
    seeds="$host:$storage"
  fi
  echo "$storage" >"$folder/storage_port"
  configure "$folder" "$host" "$port" "$storage" "$seeds"
  # It runs for minutes: Java's second compiler and messages at the level DEBUG take more of a processor than they give.
  local options=(-Xms"${HEAP:-512M}" -Xmx"${HEAP:-512M}" -XX:+UseSerialGC -Xss256k -XX:+PerfDisableSharedMem
    -XX:TieredStopAtLevel=1 -Dlogback.configurationFile="file://$root/scripts/services/logback.xml"
    -Djava.net.preferIPv4Stack=true -Dcassandra.config="file://$folder/cassandra.yaml"
    -Dcassandra.storagedir="$folder/data" -Dcassandra.ring_delay_ms="$ring_delay"
    -Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.consistent.rangemovement=false)
  echo "$host:$port" >"$folder/address"
  # shellcheck disable=SC2206
  options+=(${JAVA_FLAGS:-})
  setsid java "@$root/scripts/services/cassandra.java" "${options[@]}" -cp "$jars/*" \
    org.apache.cassandra.service.CassandraDaemon >>"$folder/log" 2>&1 </dev/null &
  echo $! >"$folder/pid"
  await_process "$folder" 120 listens "$host" "$port"
}

case "${1:-}" in
  fetch) fetch ;;
  start) start "${2:?FOLDER}" "${3:-1}" ;;
  stop) stop_process "${2:?FOLDER}" 100 ;;
  *) fail "say what: fetch, start FOLDER [NODE] or stop FOLDER" ;;
esac
