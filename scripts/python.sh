#!/bin/bash
# Makes the wheel of the Python package, build/python/vidi-VERSION-*.whl, out of what the preset `test` has built, and prints
# its path. With --install it is installed into .venv too. A plain `pip install ./python` makes the same wheel, but builds all
# that it needs anew.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python3
folder=build/python
mkdir -p "$folder"

# quietly LOG COMMAND...: prints the log's end when it fails.
quietly() {
  local log=$folder/$1
  shift
  "$@" >"$log" 2>&1 || {
    tail -40 "$log" >&2
    exit 1
  }
}

quietly configure.log cmake --preset test
quietly build.log cmake --build --preset test --target vidi_python vidi-pdf
rm -f "$folder"/*.whl
quietly wheel.log "$python" -m pip wheel --no-deps --no-build-isolation --no-index --wheel-dir "$folder" \
  --config-settings "build-dir=$PWD/build/test" ./python
if [[ "${1:-}" == --install ]]; then
  quietly install.log "$python" -m pip install --no-deps --no-index --force-reinstall "$folder"/*.whl
fi
ls "$folder"/*.whl
