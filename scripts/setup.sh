#!/bin/bash
# Installs what a fresh Debian 12 machine needs: Debian packages, and pinned wheels in the private environment .venv.
#   scripts/setup.sh serve|test|train|lint|container|bench|fuzz...
# Rust comes from Debian (cargo-web) unless a new enough one is there already.
# Only what is missing is installed; when nothing is, it says nothing and ends within a fraction of a second.
# Options by environment: VIDI_SETUP_ANYWHERE=1 tries on a system that is not Debian 12.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A packages_of=(
  [serve]="make g++ cmake ninja-build ccache mold pkg-config ca-certificates python3-venv libboost1.81-dev libspng-dev
    libjpeg62-turbo-dev libopencv-core-dev libopencv-imgproc-dev libseccomp-dev libgif-dev libdeflate-dev libsqlite3-dev libspdlog-dev libfmt-dev libcli11-dev libtomlplusplus-dev
    nlohmann-json3-dev libsimdjson-dev prometheus-cpp-dev libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
    libssl-dev zlib1g-dev libutf8proc-dev libonnx-dev libminizip-dev"
  [test]="libtorch-dev libfreetype-dev fonts-dejavu-core libgtest-dev libgmock-dev curl
    openjdk-17-jre-headless maven"
  [train]="fonts-dejavu-extra fonts-liberation fonts-breip fonts-bwht fonts-comic-neue fonts-dancingscript
    fonts-dkg-handwriting fonts-ecolier-court fonts-humor-sans fonts-kaushanscript fonts-kristi fonts-rufscript
    fonts-sjfonts fonts-smc-chilanka fonts-tomsontalks fonts-yusei-magic fonts-cantarell fonts-comfortaa
    fonts-courier-prime fonts-dosis fonts-dseg fonts-dustin fonts-femkeklaver fonts-georgewilliams fonts-gnutypewriter
    fonts-inconsolata fonts-jetbrains-mono fonts-lato fonts-linuxlibertine fonts-ocr-a fonts-ocr-b fonts-oldstandard
    fonts-opendyslexic fonts-osifont fonts-quicksand fonts-roboto-unhinted fonts-routed-gothic fonts-tuffy"
  [lint]="clang-format-19 shellcheck"
  [container]="docker.io docker-compose docker-registry debootstrap"
  [bench]="wrk libbenchmark-dev"
  [fuzz]="clang-19 libclang-rt-19-dev"
)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

# with_progress NAME COMMAND...: its output goes into the log; a line every ten seconds says what it is doing. A bare
# machine has no Python before the first packages are there.
with_progress() {
  local name=$1
  shift
  if [[ -x /usr/bin/python3 ]]; then
    /usr/bin/python3 scripts/progress.py --log "$log" "$name" -- "$@" >&2
    return
  fi
  "$@" >>"$log" 2>&1 &
  local command=$! begin=$SECONDS
  while kill -0 "$command" 2>/dev/null; do
    sleep 1
    if (((SECONDS - begin) % 8 == 7)); then printf '%s: %d s (%s)\n' "$name" $((SECONDS - begin)) "$(tail -n 1 "$log" | cut -c 1-80)" >&2; fi
  done
  wait "$command"
}

check_system() {
  local ID="" VERSION_ID="" PRETTY_NAME=""
  # shellcheck source=/dev/null
  if [[ -r /etc/os-release ]]; then . /etc/os-release; fi
  local machine here
  machine=$(uname -m)
  here="${PRETTY_NAME:-$(uname -s)} on $machine"
  if [[ "$ID:$VERSION_ID:$machine" == debian:12:x86_64 || "${VIDI_SETUP_ANYWHERE:-}" == 1 ]]; then return; fi
  fail "vidi is set up on Debian 12 on x86_64, and this is $here." \
    "A container runs anywhere that runs x86_64 containers. In this folder:" \
    "  docker run --rm -it -p 4000:4000 -v \"\$PWD\":/vidi -w /vidi debian:12 \\" \
    "    sh -c 'apt-get update && apt-get install -y make && make run'" \
    "To try it here all the same: VIDI_SETUP_ANYWHERE=1 (apt-get, and Python 3.11 as /usr/bin/python3, are needed)."
}

# check_disk FOLDER MEGABYTES: fails when the file system of FOLDER has less room.
check_disk() {
  local free
  free=$(df --output=avail -BM "$1" | tail -n 1 | tr -dc 0-9)
  if ((free < $2)); then
    fail "too little disk: $1 has $free MB free and this needs about $2 MB. Make room and run it again."
  fi
}

# Names those of its arguments that are not installed, each once.
missing_packages() {
  local installed package
  # The second letter of the state is what is: i for installed.
  installed=$(dpkg-query -W -f '${db:Status-Abbrev}|${Package}\n' "$@" 2>/dev/null | sed -n 's/^.i |//p' || true)
  for package in "$@"; do
    if [[ $'\n'"$installed"$'\n' != *$'\n'"$package"$'\n'* ]]; then printf '%s\n' "$package"; fi
  done | sort -u
}

# Debian's packages of Rust, when there is none that can build driver/cassandra.
rust_packages() {
  local version major minor
  version=$(cargo --version 2>/dev/null | cut -d ' ' -f 2 || true)
  IFS=. read -r major minor _ <<<"${version:-0.0.0}"
  if ((major * 1000 + minor < 1088)); then echo cargo-web rustc-web; fi
}

# Its formatter and its linter, where Rust comes from Debian: another Rust brings its own.
rust_lint_packages() {
  if [[ -n "$(rust_packages)" || -z "$(missing_packages cargo-web)" ]]; then echo rustfmt-web rust-web-clippy; fi
}

install_packages() {
  local missing=() as_root=()
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then return; fi
  local command="apt-get install -y --no-install-recommends ${missing[*]}"
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      fail "these Debian packages are missing, and installing them needs root or sudo:" "  ${missing[*]}" \
        "Ask whoever looks after this machine to run:" "  $command" "Then run this again."
    fi
    as_root=(sudo)
    if [[ ! -t 0 ]]; then as_root+=(-n); fi
    if ! "${as_root[@]}" true; then
      fail "sudo was refused. Ask whoever looks after this machine to run:" "  $command" "Then run this again."
    fi
  fi
  check_disk /usr "$package_megabytes"
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root+=(env DEBIAN_FRONTEND=noninteractive)
  local options=(-q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
  # A source of this machine that cannot be reached is no reason to stop: the install says whether it was needed.
  "${as_root[@]}" apt-get "${options[@]}" update >"$log" 2>&1 || true
  if ! with_progress "setup: packages" "${as_root[@]}" apt-get "${options[@]}" install -y --no-install-recommends \
    "${missing[@]}"; then
    grep -E '^(E|W):' "$log" | tail -n 8 >&2 || tail -n 8 "$log" >&2
    fail "apt-get could not install them. Is there a network, and does this machine use Debian 12's archive?" \
      "All that apt-get said is in $log."
  fi
}

pip_install() {
  with_progress "setup: wheels" .venv/bin/python3 -m pip install --disable-pip-version-check --no-deps --require-hashes "$@"
}

# The wheels of a group, when the group's file is not the one they were installed from.
install_wheels() {
  local requirements="scripts/requirements/$1.txt" stamp=".venv/installed-$1.txt"
  if [[ -x .venv/bin/python3 ]] && cmp -s "$requirements" "$stamp"; then return; fi
  local python=/usr/bin/python3
  if [[ "$($python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" != 3.11 ]]; then
    fail "the wheels are for Python 3.11, which Debian 12 has as $python; here it is another one or missing."
  fi
  check_disk . "$wheel_megabytes"
  if ! .venv/bin/python3 -m pip --version >/dev/null 2>&1; then
    say "making the virtual environment .venv"
    $python -m venv .venv || fail "the virtual environment could not be made. Remove the folder .venv and try again."
  fi
  say "installing the wheels of $requirements into .venv"
  # Spark, which is published as a source archive alone, comes last: what others add to setuptools runs then, and needs
  # some of them.
  if ! pip_install --only-binary :all: -r <(sed '/^pyspark==/,/--hash=/d' "$requirements") ||
    ! pip_install --only-binary :all: --no-binary pyspark -r "$requirements"; then
    tail -n 8 "$log" >&2
    fail "pip could not install them. Is there a network? (A proxy or a mirror is set in pip's own configuration.)" \
      "All that pip said is in $log."
  fi
  cp "$requirements" "$stamp"
}

if (($# == 0)); then fail "say what for: scripts/setup.sh serve|test|train|lint|container|bench|fuzz..."; fi
wanted="${packages_of[serve]} $(rust_packages)"
wheels=(serve)
package_megabytes=1800
wheel_megabytes=500
for group in "$@"; do
  if [[ -z "${packages_of[$group]:-}" ]]; then
    fail "there is no group '$group': serve, test, train, lint, container, bench or fuzz"
  fi
  wanted+=" ${packages_of[$group]}"
  if [[ "$group" == lint ]]; then
    wanted+=" $(rust_lint_packages)"
    wheels+=(lint)
  fi
  if [[ "$group" == test ]]; then package_megabytes=3300; fi
  if [[ "$group" == test || "$group" == bench ]]; then
    wheel_megabytes=1400
    wheels+=(test services)
  fi
done

check_system
log=$(mktemp -t vidi-setup-XXXXXX.log)
read -r -d '' -a packages <<<"$wanted" || true
install_packages "${packages[@]}"
for group in "${wheels[@]}"; do install_wheels "$group"; done
rm -f "$log"
