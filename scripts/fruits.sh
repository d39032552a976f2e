#!/bin/bash
# From Fruits-360 to a classifier and its figures, with one command:
#   scripts/fruits.sh FOLDER OUT [FLAGS OF vidi features...]
# FOLDER holds Training/LABEL/*.jpg and Test/LABEL/*.jpg (scripts/fetch_data.sh fruits 131). In OUT come training and test,
# the tables of features, and models/fruits-360, which is served with `vidi serve --models OUT/models`. Each step goes on
# where it was interrupted.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
if [[ $# -lt 2 || ! -d "$1/Training" || ! -d "$1/Test" ]]; then
  sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
data=$1 out=$2
shift 2
vidi=${VIDI_BINARY:-$here/build/release/apps/vidi/vidi}
case " $* " in *" --backbone "*) backbone=() ;; *) backbone=(--backbone "$here/backbones/efficientnet-lite0") ;; esac
mkdir -p "$out/models"
"$vidi" features "$data/Training" "${backbone[@]}" "$@" --out "$out/training"
"$vidi" features "$data/Test" --apply "$out/training" --out "$out/test"
"$vidi" fit "$out/training" --test "$out/test" --out "$out/models/fruits-360" --half --force
"$vidi" evaluate --models "$out/models" --model fruits-360 --data "$data/Test"
