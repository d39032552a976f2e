# Sourced by the scripts that start a real service for tests: what they have in common. `service` is its name.
# shellcheck shell=bash

say() { printf '%s: %s\n' "${service:?}" "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

# go_program ARGUMENTS...: runs Go, that of `scripts/setup.sh test` where it is there.
go_program() {
  local go="${root:?}/.venv/bin/go"
  if [[ ! -x "$go" ]]; then go=go; fi
  "$go" "$@"
}

# free_port HOST: prints a port that nobody listens on.
free_port() {
  /usr/bin/python3 -c 'import socket, sys
with socket.socket() as s:
    s.bind((sys.argv[1], 0))
    print(s.getsockname()[1])' "$1"
}

# await_process FOLDER SECONDS COMMAND...: waits until the command succeeds, for the process that FOLDER/pid names and that
# writes FOLDER/log.
await_process() {
  local folder=$1 seconds=$2 pid deadline
  shift 2
  pid=$(cat "$folder/pid")
  deadline=$((SECONDS + seconds))
  until "$@" 2>/dev/null; do
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 20 "$folder/log" >&2
      rm -f "$folder/pid"
      fail "it ended while it started; its log is $folder/log"
    fi
    if ((SECONDS > deadline)); then fail "it does not answer after $seconds s; its log is $folder/log"; fi
    sleep 0.1
  done
}

# listens HOST PORT: whether a connection is taken there.
listens() { (exec 3<>"/dev/tcp/$1/$2"); }

# stop_process FOLDER TENTHS: ends the process that FOLDER/pid names, and kills it when it has not ended by then.
stop_process() {
  local folder=$1 pid
  pid=$(cat "$folder/pid" 2>/dev/null) || return 0
  kill "$pid" 2>/dev/null || true
  for _ in $(seq "$2"); do
    if ! kill -0 "$pid" 2>/dev/null; then
      rm -f "$folder/pid"
      return 0
    fi
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$folder/pid"
}
