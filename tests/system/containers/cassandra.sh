#!/bin/bash
# Starts the node at the container's own address, with the settings that the official image has by default.
set -euo pipefail
address=$(hostname -i)
address=${address%% *}
cat >/opt/cassandra.yaml <<END
cluster_name: Test Cluster
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
num_tokens: 16
commitlog_sync: periodic
commitlog_sync_period: 10000ms
endpoint_snitch: SimpleSnitch
listen_address: $address
rpc_address: 0.0.0.0
broadcast_rpc_address: $address
native_transport_port: 9042
storage_port: 7000
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "$address"
authenticator: AllowAllAuthenticator
authorizer: AllowAllAuthorizer
END
# shellcheck disable=SC2086
exec java @/opt/cassandra.java -Xms"${MAX_HEAP_SIZE:-512M}" -Xmx"${MAX_HEAP_SIZE:-512M}" -XX:+UseSerialGC -Xss256k \
  -XX:TieredStopAtLevel=1 -Dlogback.configurationFile=file:///opt/logback.xml \
  -Dcassandra.config=file:///opt/cassandra.yaml -Dcassandra.storagedir=/var/lib/cassandra \
  ${JVM_EXTRA_OPTS:-} -cp '/opt/cassandra/*' org.apache.cassandra.service.CassandraDaemon
