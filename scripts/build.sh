#!/bin/bash
# Configures a preset when it is new or CMakePresets.json has changed, and builds it.
#   scripts/build.sh PRESET [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
# shellcheck source=scripts/sanitizers.sh
. scripts/sanitizers.sh "$preset"

stamp="build/$preset/configured"
if [[ ! -f "build/$preset/build.ninja" || CMakePresets.json -nt "$stamp" ]]; then
  echo "build: configuring the preset $preset"
  mkdir -p "build/$preset"
  log="build/$preset/configure.log"
  if ! cmake --preset "$preset" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "build: configuring failed; all of it is in $log. Is something missing? See scripts/setup.sh." >&2
    exit 1
  fi
  touch "$stamp"
fi
targets=()
if (($# > 0)); then targets=(--target "$@"); fi
# On two idle cores, from nothing; a build of what changed takes seconds.
declare -A usually=([release]="5 to 8 minutes the first time" [test]="8 to 11 minutes the first time"
  [asan]="8 to 11 minutes the first time")
hint=()
if [[ ! -f "build/$preset/.ninja_log" && -n "${usually[$preset]:-}" ]]; then hint=(--usually "${usually[$preset]}"); fi
/usr/bin/python3 scripts/progress.py "${hint[@]}" "build $preset" -- \
  "${runner[@]}" cmake --build --preset "$preset" "${targets[@]}"
