#!/bin/bash
# Makes the image vidi-spark:VERSION, also named vidi-spark:latest, of the package that scripts/python.sh has built.
#   scripts/spark_image.sh [OPTION...]   options are those of `docker build`
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's/^project(vidi VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
requirements=scripts/requirements/spark.txt
context=build/spark-image

say() { printf 'spark_image: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

# unpack TARGET ARGUMENTS...: what pip installs, where nothing was.
unpack() {
  local target=$1
  shift
  rm -rf "$target"
  .venv/bin/python3 -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --target "$target" "$@" \
    2>"$context/pip.log" || { cat "$context/pip.log" >&2 && fail "pip could not install $*. Is there a network?"; }
  # Its commands name the Python of this machine.
  rm -rf "${target:?}/bin" "$target/share"
}

if ! reason=$(docker info --format '{{.ServerVersion}}' 2>&1); then
  fail "no Docker engine answers here: ${reason##*$'\n'}"
fi
wheels=(build/python/vidi-"$version"-*.whl)
[[ -e "${wheels[0]}" && ${#wheels[@]} == 1 ]] || fail "build/python has no wheel of vidi $version (scripts/python.sh)"
mkdir -p "$context"
if ! cmp -s "$requirements" "$context/packages.txt"; then
  unpack "$context/packages" --require-hashes -r "$requirements"
  cp "$requirements" "$context/packages.txt"
fi
unpack "$context/vidi" --no-index "${wheels[0]}"
rm -rf "${context:?}/bin"
install -D -m 755 -t "$context/bin" deploy/spark/entrypoint.sh deploy/spark/vidi-features
install -m 644 -t "$context/bin" spark/vidi_features.py
chmod -R u=rwX,go=rX "$context/packages" "$context/vidi" "$context/bin"
docker build --tag "vidi-spark:$version" --tag vidi-spark:latest --file deploy/spark/Dockerfile \
  --build-arg "VERSION=$version" --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)" "$@" "$context"
