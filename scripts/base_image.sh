#!/bin/bash
# Makes the image debian:bookworm-slim with debootstrap, for a machine that reaches Debian's archive and no registry of
# images. It trusts the authorities of this machine and asks its sources of packages: for tests only, never to be pushed.
#   scripts/base_image.sh    does nothing where the image is there, or can be pulled
set -euo pipefail
cd "$(dirname "$0")/.."
name=debian:bookworm-slim
if docker image inspect "$name" >/dev/null 2>&1 || timeout 60 docker pull --quiet "$name" >/dev/null 2>&1; then exit 0; fi
echo "base_image: no registry answers; making $name with debootstrap" >&2
if ((EUID != 0)); then
  echo "base_image: debootstrap needs root" >&2
  exit 1
fi
root=$(mktemp -d)
log=$(mktemp)
trap 'rm -rf "$root" "$log"' EXIT
debootstrap --variant=minbase bookworm "$root" >"$log" 2>&1 || { tail -n 20 "$log" >&2 && exit 1; }
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{locale,man,info}/* \
  "$root"/usr/share/doc/*/{changelog,NEWS}*
rm -f "$root/etc/apt/sources.list"
cp -a /etc/apt/sources.list.d "$root/etc/apt/"
if [[ -e /etc/apt/sources.list ]]; then cp /etc/apt/sources.list "$root/etc/apt/"; fi
mkdir -p "$root/etc/ssl/certs" "$root/usr/share/keyrings"
cp -a /usr/share/keyrings/. "$root/usr/share/keyrings/"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
if [[ -e /etc/pip.conf ]]; then cp /etc/pip.conf "$root/etc/"; fi
tar -C "$root" -c . | docker import - "$name" >/dev/null
