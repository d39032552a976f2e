#!/bin/bash
# clang-tidy over every source of the test preset.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh test help >/dev/null # configured, so that the compile database is there
/usr/bin/python3 scripts/tidy.py rules build/test build/tidy
exec ninja -C build/tidy -k 0 --quiet
