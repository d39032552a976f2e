#!/bin/bash
# Makes the image vidi:VERSION, also named vidi:latest, of what scripts/package.sh has packed.
#   scripts/image.sh PRESET [OPTION...]   options are those of `docker build`
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
version=$(sed -n 's/^project(vidi VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
if ! reason=$(docker info --format '{{.ServerVersion}}' 2>&1); then
  printf 'image: no Docker engine answers here: %s\n' "${reason##*$'\n'}" >&2
  exit 1
fi
scripts/package.sh "$preset" tree
docker build --tag "vidi:$version" --tag vidi:latest \
  --build-arg TREE=build/package/tree --build-arg "VERSION=$version" \
  --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)" "$@" .
