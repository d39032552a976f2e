#!/bin/bash
# How vidi-spark starts. On Kubernetes, Spark asks for `driver ARGUMENTS...` or `executor` and says the rest by variables
# (BasicDriverFeatureStep and BasicExecutorFeatureStep of its sources); anything else is a command.
set -euo pipefail

driver() {
  exec "$SPARK_HOME/bin/spark-submit" --deploy-mode client --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" "$@"
}

executor() {
  local options=() number=0 name
  while name=SPARK_JAVA_OPT_$number && [[ -n "${!name+set}" ]]; do
    options+=("${!name}")
    number=$((number + 1))
  done
  exec java "${options[@]}" "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" \
    -cp "$SPARK_CONF_DIR:${SPARK_CLASSPATH:-}:$SPARK_HOME/jars/*" \
    org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend --driver-url "$SPARK_DRIVER_URL" \
    --executor-id "$SPARK_EXECUTOR_ID" --cores "$SPARK_EXECUTOR_CORES" --app-id "$SPARK_APPLICATION_ID" \
    --hostname "$SPARK_EXECUTOR_POD_IP" --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" \
    --podName "$SPARK_EXECUTOR_POD_NAME"
}

case "${1:-}" in
  driver) driver "${@:2}" ;;
  executor) executor ;;
  "") set -- vidi-features --help ;;
esac
exec "$@"
