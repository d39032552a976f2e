#!/bin/bash
# Downloads data sets from their public homes into data/, and checks them.
#   scripts/fetch_data.sh mnist [train|t10k]     MNIST: 60,000 training and 10,000 test images, 11 MB
#   scripts/fetch_data.sh fruits [131|33]        Fruits-360, pictures of 131 fruits and vegetables: 67,692 to train on and
#                                                22,688 to test with; or the release of 33 fruits: 15,506 and 5,195
# MNIST_HOME and FRUITS_HOME override the addresses that the files are fetched from; FOLDER is written to instead of data.
# What is there and whole is not fetched again; what was cut off goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."

# MD5 of the unpacked files, as they have been published with the data set since 1998.
declare -A sums=(
  [train-images-idx3-ubyte]=6bbc9ace898e44ae57da46a324031adb
  [train-labels-idx1-ubyte]=a25bea736e30d166cdddb491f175f624
  [t10k-images-idx3-ubyte]=2646ac647ad5339dbf082846283269ea
  [t10k-labels-idx1-ubyte]=27ae3e4e09519cfbb04c329615203637
)
data=${FOLDER:-data}

complain() {
  echo "fetch_data: $*" >&2
  exit 1
}

whole_mnist() {
  [[ -f "$1" && "$(gzip --decompress --stdout "$1" 2>/dev/null | md5sum | cut -d' ' -f1)" == "$2" ]]
}

fetch_mnist() {
  local home=${MNIST_HOME:-https://storage.googleapis.com/cvdf-datasets/mnist}
  local name=$1 target="$data/mnist/$1.gz"
  if whole_mnist "$target" "${sums[$name]}"; then
    echo "$target is there"
    return
  fi
  echo "fetching $target"
  curl --fail --silent --show-error --location --retry 3 --max-time 600 --output "$target.part" "$home/$name.gz" ||
    complain "$home/$name.gz cannot be fetched; set MNIST_HOME to an address that has it"
  if ! whole_mnist "$target.part" "${sums[$name]}"; then
    rm -f "$target.part"
    complain "$home/$name.gz is not MNIST's file: its checksum differs"
  fi
  mv "$target.part" "$target"
}

# The authors publish no checksum. GitHub packs the tree of a commit anew from time to time, so the bytes of the archive
# may differ; the commit's name is the digest of what is in it. This one is version 2020.05.18.0, the last with 131 classes.
fruits_131=8f127c5043b29237313f87268f16106b16cbd8c6.tar.gz
declare -A training=([33]=15506 [131]=67692) testing=([33]=5195 [131]=22688)

# Goes on with what is there of the archive. Begins anew where the server sends no parts (33), or where that was of
# another archive (22: it is longer).
fetch_archive() {
  local address=$1 target=$2 status=0 begun=
  local get=(curl --fail --silent --show-error --location --retry 3 --output "$target")
  [[ ! -s "$target" ]] || begun=yes
  "${get[@]}" --continue-at - "$address" || status=$?
  if gzip --test "$target" 2>/dev/null; then return; fi
  if [[ -n "$begun" && $status =~ ^(0|22|33)$ ]]; then
    status=0
    "${get[@]}" "$address" || status=$?
  fi
  [[ $status -eq 0 ]] || complain "$address cannot be fetched; set FRUITS_HOME to an address that has it, or try again"
  if ! gzip --test "$target" 2>/dev/null; then
    rm -f "$target"
    complain "$address is no whole archive (.tar.gz)"
  fi
}

# Prints the names of files that are no JPEG from their first to their last marker, of 100 x 100 pixels.
# shellcheck disable=SC2016 # the program is Perl's
wrong_pictures() {
  find "$1" -name '*.jpg' -print0 | perl -0ne '
    chomp;
    open(my $file, "<:raw", $_) or do { print "$_\n"; next };
    local $/; my $jpeg = <$file>;
    my ($at, $good) = (2, 0);
    while (substr($jpeg, 0, 2) eq "\xff\xd8" && $at + 9 <= length $jpeg) {
      my ($mark, $kind, $length) = unpack("CCn", substr($jpeg, $at, 4));
      last if $mark != 0xff;
      if ($kind >= 0xc0 && $kind <= 0xc2) { $good = join(",", unpack("nn", substr($jpeg, $at + 5, 4))) eq "100,100"; last }
      $at += 2 + $length;
    }
    print "$_\n" unless $good && $jpeg =~ /\xff\xd9\0*\z/;'
}

check_split() {
  local folder=$1 classes=$2 pictures=$3 found
  found=$(wrong_pictures "$folder" | head -3 | tr '\n' ' ')
  [[ -z "$found" ]] || complain "no whole JPEG of 100 x 100 pixels: $found"
  found=$(find "$folder" -mindepth 1 -maxdepth 1 -type d | wc -l)
  [[ $found -eq $classes ]] || complain "$(basename "$folder") has $found classes; the release has $classes"
  found=$(find "$folder" -mindepth 2 -maxdepth 2 -name '*.jpg' | wc -l)
  [[ $found -eq $pictures ]] || complain "$(basename "$folder") has $found pictures; the release has $pictures"
}

fetch_fruits() {
  local classes=$1 home=${FRUITS_HOME:-https://github.com/Horea94/Fruit-Images-Dataset/archive}
  local name=$fruits_131 target="$data/fruits-360-$classes" source
  if [[ -d "$target" ]]; then
    echo "$target is there"
    return
  fi
  if [[ $classes -eq 33 ]]; then
    name=fruits-360-33.tar.gz
    [[ -n "${FRUITS_HOME:-}" ]] ||
      complain "the release of 33 classes is no longer published by itself; set FRUITS_HOME to an address that has $name"
  fi
  echo "fetching $target"
  fetch_archive "$home/$name" "$target.tar.gz"
  rm -rf "$target.part"
  mkdir "$target.part"
  tar --extract --gzip --no-same-owner --file "$target.tar.gz" --directory "$target.part" --wildcards \
    'Training/*' 'Test/*' '*/Training/*' '*/Test/*' 2>/dev/null || true # one of the two forms is not in it
  source=$(dirname "$(find "$target.part" -maxdepth 2 -type d -name Training | head -1)")
  [[ -d "$source/Training" && -d "$source/Test" ]] || complain "$home/$name holds no Training and no Test"
  check_split "$source/Training" "$classes" "${training[$classes]}"
  check_split "$source/Test" "$classes" "${testing[$classes]}"
  mv "$source" "$target"
  rm -rf "$target.part" "$target.tar.gz"
  echo "$target: $classes classes, ${training[$classes]} and ${testing[$classes]} pictures"
}

case "${1:-} ${2:-}" in
  "mnist " | "mnist train" | "mnist t10k")
    mkdir -p "$data/mnist"
    for name in "${!sums[@]}"; do
      if [[ $# -lt 2 || "$name" == "$2"* ]]; then fetch_mnist "$name"; fi
    done
    ;;
  "fruits " | "fruits 131" | "fruits 33")
    mkdir -p "$data"
    fetch_fruits "${2:-131}"
    ;;
  *)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
