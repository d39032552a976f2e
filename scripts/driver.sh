#!/bin/bash
# Builds the Rust crate driver/cassandra into FOLDER: release/libvidi_cassandra.a, and headers in cxxbridge.
#   scripts/driver.sh FOLDER CARGO
# It takes minutes and rarely changes, so what came of the same sources, locked crates and compilers before is taken from
# vidi/driver in the user's cache folder, as ccache does for C++. VIDI_DRIVER_CACHE= (empty) goes without.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1 cargo=$2
products=(release/libvidi_cassandra.a cxxbridge/vidi-cassandra/src/lib.rs.h cxxbridge/rust/cxx.h)
cache=${VIDI_DRIVER_CACHE-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/vidi/driver}

key() {
  {
    "$cargo" --version
    rustc --version 2>/dev/null || true
    c++ --version
    env | grep -E '^(CXX|CC|CXXFLAGS|CFLAGS|RUSTFLAGS|CARGO_(BUILD|PROFILE)_[A-Z_]*)=' | sort || true
    cat driver/cassandra/{Cargo.toml,Cargo.lock,build.rs} driver/cassandra/src/*.rs src/platform/cassandra/waiter.hpp
  } | sha256sum | cut -c 1-24
}

kept=
if [[ -n "$cache" ]]; then
  kept=$cache/$(key)
  if [[ -f "$kept/complete" ]]; then
    for product in "${products[@]}"; do
      mkdir -p "$folder/$(dirname "$product")"
      rm -f "$folder/$product" # cargo's own is a link
      cp "$kept/$(basename "$product")" "$folder/$product"
    done
    touch "$kept/complete"
    exit
  fi
fi
CARGO_TARGET_DIR=$folder "$cargo" build --quiet --release --locked --manifest-path driver/cassandra/Cargo.toml
# Not every cache can be written, and that is no failure of the build.
if [[ -n "$kept" ]] && mkdir -p "$kept" 2>/dev/null; then
  for product in "${products[@]}"; do cp -L "$folder/$product" "$kept/"; done
  touch "$kept/complete" # last: what is not complete is not used
  # The three that were used last stay.
  find "$cache" -mindepth 2 -name complete -printf '%T@ %h\n' | sort -rn | tail -n +4 | cut -d ' ' -f 2- | xargs -r rm -rf
fi
