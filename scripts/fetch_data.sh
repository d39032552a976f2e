#!/bin/bash
# Downloads data sets from their public homes into data/, and checks them.
#   scripts/fetch_data.sh mnist [train|t10k]     MNIST: 60,000 training and 10,000 test images, 11 MB
# MNIST_HOME overrides the address that the files are fetched from. What is there and whole is not fetched again.
set -euo pipefail
cd "$(dirname "$0")/.."

# MD5 of the unpacked files, as they have been published with the data set since 1998.
declare -A sums=(
  [train-images-idx3-ubyte]=6bbc9ace898e44ae57da46a324031adb
  [train-labels-idx1-ubyte]=a25bea736e30d166cdddb491f175f624
  [t10k-images-idx3-ubyte]=2646ac647ad5339dbf082846283269ea
  [t10k-labels-idx1-ubyte]=27ae3e4e09519cfbb04c329615203637
)
home=${MNIST_HOME:-https://storage.googleapis.com/cvdf-datasets/mnist}
folder=${FOLDER:-data}/mnist

whole() {
  [[ -f "$1" && "$(gzip --decompress --stdout "$1" 2>/dev/null | md5sum | cut -d' ' -f1)" == "$2" ]]
}

fetch() {
  local name=$1 target="$folder/$1.gz"
  if whole "$target" "${sums[$name]}"; then
    echo "$target is there"
    return
  fi
  echo "fetching $target"
  curl --fail --silent --show-error --location --retry 3 --max-time 600 --output "$target.part" "$home/$name.gz" || {
    echo "fetch_data: $home/$name.gz cannot be fetched; set MNIST_HOME to an address that has it" >&2
    exit 1
  }
  if ! whole "$target.part" "${sums[$name]}"; then
    rm -f "$target.part"
    echo "fetch_data: $home/$name.gz is not MNIST's file: its checksum differs" >&2
    exit 1
  fi
  mv "$target.part" "$target"
}

if [[ "${1:-}" != mnist || ! "${2:-train}" =~ ^(train|t10k)$ ]]; then
  sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
mkdir -p "$folder"
for name in "${!sums[@]}"; do
  if [[ $# -lt 2 || "$name" == "$2"* ]]; then fetch "$name"; fi
done
