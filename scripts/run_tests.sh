#!/bin/bash
# Runs groups of the tests of a preset that has been built, and ends in one line `N passed, N failed, N skipped`.
#   scripts/run_tests.sh PRESET unit|contract|system|long|WING...
# A wing of src/ stands for its unit and contract tests.
# `long` is those system tests whose number of rounds is set by the environment, as `make test-long` does.
# Reports in JUnit's format are left in build/PRESET/reports, and in times.txt there how long each file of tests took. VIDI_TEST_WORKERS: how many
# system tests at a time.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
# shellcheck source=scripts/sanitizers.sh
. scripts/sanitizers.sh "$preset"

# Threads that wait for others that want the same processor must not spin: what trains took five times as long.
export OMP_WAIT_POLICY=passive

reports="$PWD/build/$preset/reports"
rm -rf "$reports"
mkdir -p "$reports"
statuses=()

labels=()
for group in "$@"; do
  case "$group" in
    unit | contract | platform | vision | networks | storage | serving | batch | administration | training) labels+=("$group") ;;
    system | long) ;;
    *)
      echo "run_tests: there is no group '$group': unit, contract, system, long or a wing of src/" >&2
      exit 1
      ;;
  esac
done

if ((${#labels[@]} > 0)); then
  pattern=$(IFS='|' && echo "^(${labels[*]})\$")
  status=0
  "${runner[@]}" ctest --test-dir "build/$preset" -L "$pattern" -j "$(nproc)" --output-on-failure --no-tests=error \
    --output-junit "$reports/${labels[0]}.xml" | sed -u -E '/^ +Start +[0-9]+: /d; s/ \.{4,}/ .../' || status=$?
  statuses+=(--status "ctest=$status")
fi
files=()
if [[ " $* " == *" long "* ]]; then files=(tests/system/test_{kill,cassandra_kill,s3}.py); fi
if [[ " $* " == *" system "* ]]; then files=(tests/system); fi
if ((${#files[@]} > 0)); then
  status=0
  # Where they cannot be had, the tests that need them are skipped and say why.
  scripts/cassandra.sh fetch || true
  scripts/s3.sh fetch || true
  scripts/kubernetes.sh fetch || true
  # They wait for services much of their time, so there is one more at a time than processors.
  workers=$(($(nproc) < 3 ? $(nproc) + 1 : 4))
  VIDI_BINARY="${VIDI_BINARY:-$PWD/build/$preset/apps/vidi/vidi}" "${runner[@]}" .venv/bin/python3 -m pytest \
    "${files[@]}" -n "${VIDI_TEST_WORKERS:-$workers}" -q -rN --tb=short --junitxml="$reports/system.xml" -p no:cacheprovider || status=$?
  statuses+=(--status "pytest=$status")
fi
exec /usr/bin/python3 scripts/test_summary.py "${statuses[@]}" --times "$reports/times.txt" "$reports"/*.xml
