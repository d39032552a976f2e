#!/bin/bash
# Runs each fuzzer of the preset fuzz for some seconds, on tests/fuzz/corpus/NAME and what it found before; new inputs
# are kept in build/fuzz/corpus/NAME. Exits with 1 when one found a crash, which is left in build/fuzz/crashes.
#   scripts/fuzz.sh SECONDS
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1
failed=()
shopt -s nullglob
fuzzers=(build/fuzz/tests/fuzz/*_fuzz)
if ((${#fuzzers[@]} == 0)); then
  echo "fuzz: no fuzzer is built" >&2
  exit 1
fi
mkdir -p build/fuzz/crashes
for fuzzer in "${fuzzers[@]}"; do
  name=$(basename "$fuzzer")
  found="build/fuzz/corpus/$name"
  mkdir -p "$found"
  corpora=("$found")
  if [[ -d "tests/fuzz/corpus/$name" ]]; then corpora+=("tests/fuzz/corpus/$name"); fi
  echo "fuzz: $name for $seconds s"
  "$fuzzer" -max_total_time="$seconds" -print_final_stats=1 -verbosity=0 -rss_limit_mb=4096 \
    -artifact_prefix="build/fuzz/crashes/$name-" "${corpora[@]}" || failed+=("$name")
done
if ((${#failed[@]} > 0)); then
  echo "fuzz: found a crash: ${failed[*]}" >&2
  exit 1
fi
