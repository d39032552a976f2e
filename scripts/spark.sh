#!/bin/bash
# A real Spark standalone cluster on loopback, of the pyspark in .venv, for tests and benchmarks; needs Java 17.
#   scripts/spark.sh start FOLDER [--workers 2] [--cores 1] [--memory 1g] [--history]
#                                        starts a master and workers, each with so many cores and so much memory, and with
#                                        --history a history server; waits until all workers have joined
#   scripts/spark.sh add-worker FOLDER   one more worker; prints its name
#   scripts/spark.sh stop FOLDER         stops all of them, and what they have started
# Afterwards FOLDER/spark.env says where they are, and makes spark-submit use them: (. FOLDER/spark.env && spark-submit job.py).
# FOLDER/NAME/pid and FOLDER/NAME/log are those of master, worker-1, worker-2, ..., history; FOLDER/events the logs of jobs.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python="$root/.venv/bin/python3"

service=spark
# shellcheck source=scripts/services/process.sh
. "$root/scripts/services/process.sh"

# Each process is small, starts as soon as can be, and lives for minutes.
java_flags="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+PerfDisableSharedMem"

# spark_class FOLDER NAME CLASS ARGUMENTS...: starts a process of Spark in a session of its own.
spark_class() {
  local folder=$1 name=$2
  shift 2
  mkdir -p "$folder/$name"
  (
    # shellcheck source=/dev/null
    . "$folder/spark.env"
    export SPARK_DAEMON_MEMORY=256m
    export SPARK_DAEMON_JAVA_OPTS="$java_flags -Djava.io.tmpdir=$folder/scratch"
    export SPARK_MASTER_OPTS="-Dspark.master.rest.enabled=false"
    export SPARK_HISTORY_OPTS="-Dspark.history.fs.logDirectory=file://$folder/events -Dspark.history.fs.update.interval=1s
      -Dspark.history.ui.port=${SPARK_HISTORY##*:}"
    exec setsid "$SPARK_HOME/bin/spark-class" "$@" >>"$folder/$name/log" 2>&1 </dev/null
  ) &
  echo $! >"$folder/$name/pid"
}

# configure FOLDER MEMORY: what those who start a process or a job of this cluster read.
configure() {
  local folder=$1 memory=$2 home
  home=$("$python" -c 'import pyspark; print(pyspark.__path__[0])') || fail "pyspark is missing (scripts/setup.sh test)"
  mkdir -p "$folder/conf" "$folder/events" "$folder/scratch"
  cat >"$folder/spark.env" <<END
export SPARK_HOME='$home' SPARK_CONF_DIR='$folder/conf' SPARK_LOCAL_DIRS='$folder/scratch'
export SPARK_LOCAL_IP=127.0.0.1 SPARK_LOCAL_HOSTNAME=127.0.0.1 SPARK_NO_DAEMONIZE=1
export PATH='$home/bin':"\$PATH"
export SPARK_MASTER=spark://127.0.0.1:$(free_port 127.0.0.1)
export SPARK_PAGE=http://127.0.0.1:$(free_port 127.0.0.1)
export SPARK_HISTORY=http://127.0.0.1:$(free_port 127.0.0.1)
END
  # shellcheck source=/dev/null
  . "$folder/spark.env"
  cat >"$folder/conf/spark-defaults.conf" <<END
spark.master                     $SPARK_MASTER
spark.driver.host                127.0.0.1
spark.driver.bindAddress         127.0.0.1
spark.executor.memory            $memory
spark.pyspark.python             $python
spark.eventLog.enabled           true
spark.eventLog.dir               file://$folder/events
spark.driver.extraJavaOptions    $java_flags -Djava.io.tmpdir=$folder/scratch
spark.executor.extraJavaOptions  $java_flags -Djava.io.tmpdir=$folder/scratch
END
}

# joined FOLDER COUNT: whether the master has so many workers.
joined() {
  # shellcheck source=/dev/null
  (. "$1/spark.env" && /usr/bin/python3 -c 'import json, sys, urllib.request
cluster = json.load(urllib.request.urlopen(sys.argv[1] + "/json/", timeout=5))
sys.exit(cluster["aliveworkers"] < int(sys.argv[2]))' "$SPARK_PAGE" "$2")
}

workers_of() { find "$1" -maxdepth 1 -name 'worker-*' | wc -l; }

# start_worker FOLDER NUMBER: as many cores and as much memory as FOLDER/size says.
start_worker() {
  local folder=$1 cores memory
  read -r cores memory <"$folder/size"
  # shellcheck source=/dev/null
  (. "$folder/spark.env" && spark_class "$folder" "worker-$2" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 \
    --webui-port "$(free_port 127.0.0.1)" --cores "$cores" --memory "$memory" --work-dir "$folder/worker-$2/work" \
    "$SPARK_MASTER")
}

start() {
  local folder=$1 workers=2 cores=1 memory=1g history=""
  shift
  while (($# > 0)); do
    case "$1" in
      --workers) workers=${2:?NUMBER} && shift ;;
      --cores) cores=${2:?NUMBER} && shift ;;
      --memory) memory=${2:?SIZE} && shift ;;
      --history) history=yes ;;
      *) fail "'$1' is none of --workers N, --cores N, --memory SIZE, --history" ;;
    esac
    shift
  done
  command -v java >/dev/null || fail "java is not installed (Debian: openjdk-17-jre-headless)"
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  if [[ -e "$folder/master/pid" ]] && kill -0 "$(cat "$folder/master/pid")" 2>/dev/null; then
    fail "it runs already in $folder"
  fi
  rm -rf "$folder"/worker-*
  configure "$folder" "$memory"
  echo "$cores $memory" >"$folder/size"
  spark_class "$folder" master org.apache.spark.deploy.master.Master --host 127.0.0.1 --port "${SPARK_MASTER##*:}" \
    --webui-port "${SPARK_PAGE##*:}"
  if [[ -n "$history" ]]; then spark_class "$folder" history org.apache.spark.deploy.history.HistoryServer; fi
  # A worker that comes before the master tries again only after ten seconds.
  await_process "$folder/master" 60 joined "$folder" 0
  for ((number = 1; number <= workers; ++number)); do start_worker "$folder" "$number"; done
  for ((number = 1; number <= workers; ++number)); do await_process "$folder/worker-$number" 60 joined "$folder" "$workers"; done
  if [[ -n "$history" ]]; then await_process "$folder/history" 60 listens 127.0.0.1 "${SPARK_HISTORY##*:}"; fi
}

add_worker() {
  local folder number alive
  folder=$(cd "$1" && pwd)
  number=$(($(workers_of "$folder") + 1))
  alive=0
  while joined "$folder" $((alive + 1)); do alive=$((alive + 1)); done
  start_worker "$folder" "$number"
  await_process "$folder/worker-$number" 60 joined "$folder" $((alive + 1))
  echo "worker-$number"
}

# kill_session PID: whatever is left of what that process has started. Workers in Python leave its group, not its session.
kill_session() {
  local file line fields
  for file in /proc/[0-9]*/stat; do
    line=$(cat "$file" 2>/dev/null) || continue
    read -ra fields <<<"${line##*) }" # state, parent, group, session
    if [[ "${fields[3]}" == "$1" ]]; then kill -KILL "$(basename "${file%/stat}")" 2>/dev/null || true; fi
  done
}

stop() {
  local folder=$1 process pid
  # All are told at once: each takes a second or two.
  for process in "$folder"/worker-* "$folder/history" "$folder/master"; do
    if pid=$(cat "$process/pid" 2>/dev/null); then kill "$pid" 2>/dev/null || true; fi
  done
  for process in "$folder"/worker-* "$folder/history" "$folder/master"; do
    if pid=$(cat "$process/pid" 2>/dev/null); then
      stop_process "$process" 100
      kill_session "$pid"
    fi
  done
  rm -rf "$folder/scratch"
}

case "${1:-}" in
  start) start "${2:?FOLDER}" "${@:3}" ;;
  add-worker) add_worker "${2:?FOLDER}" ;;
  stop) stop "${2:?FOLDER}" ;;
  *) fail "say what: start FOLDER [OPTION...], add-worker FOLDER or stop FOLDER" ;;
esac
