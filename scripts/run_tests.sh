#!/bin/bash
# Runs groups of the tests of a preset that has been built, and ends in one line `N passed, N failed, N skipped`.
#   scripts/run_tests.sh PRESET unit|contract|system...
# Reports in JUnit's format are left in build/PRESET/reports.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
# shellcheck source=scripts/sanitizers.sh
. scripts/sanitizers.sh "$preset"


reports="$PWD/build/$preset/reports"
rm -rf "$reports"
mkdir -p "$reports"
statuses=()

labels=()
for group in "$@"; do
  case "$group" in
    unit | contract) labels+=("$group") ;;
    system) ;;
    *)
      echo "run_tests: there is no group '$group': unit, contract or system" >&2
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
if [[ " $* " == *" system "* ]]; then
  status=0
  # Where they cannot be had, the tests that need them are skipped and say why.
  scripts/cassandra.sh fetch || true
  scripts/s3.sh fetch || true
  scripts/kubernetes.sh fetch || true
  VIDI_BINARY="${VIDI_BINARY:-$PWD/build/$preset/apps/vidi/vidi}" "${runner[@]}" .venv/bin/python3 -m pytest \
    tests/system -q -rN --tb=short --junitxml="$reports/system.xml" -p no:cacheprovider || status=$?
  statuses+=(--status "pytest=$status")
fi
exec /usr/bin/python3 scripts/test_summary.py "${statuses[@]}" "$reports"/*.xml
