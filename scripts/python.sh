#!/bin/bash
# Makes the wheel of the Python package, build/python/vidi-VERSION-*.whl, out of what the preset `test` has built.
# Prints its path. A plain `pip install ./python` makes the same, but builds everything it needs anew.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/python
python=$PWD/.venv/bin/python3
cmake --preset test -DVIDI_PYTHON=ON "-DPython_EXECUTABLE=$python" >build/python/configure.log || {
  cat build/python/configure.log >&2
  exit 1
}
ninja -C build/test vidi_python vidi-pdf >build/python/build.log || {
  tail -30 build/python/build.log >&2
  exit 1
}
rm -f build/python/*.whl
"$python" -m pip wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir build/python \
  --config-settings "build-dir=$PWD/build/test" ./python
ls build/python/*.whl
