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
"${runner[@]}" cmake --build --preset "$preset" "${targets[@]}"
