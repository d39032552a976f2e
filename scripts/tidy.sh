#!/bin/bash
# clang-tidy over every source of the test preset, two or more at a time; a source is checked again only when it, a
# header of ours that it includes, .clang-tidy or its compile command has changed. Ninja keeps track of that.
#   scripts/tidy.sh [CLANG_TIDY_CHECKS]
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh test help >/dev/null # configured, so that the compile database is there
/usr/bin/python3 scripts/tidy_rules.py build/test/compile_commands.json build/tidy
exec ninja -C build/tidy -k 0 --quiet
