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
mkdir -p "$root/etc/ssl/certs" "$root/usr/share/keyrings" "$root/usr/local/share/ca-certificates"
cp -a /usr/share/keyrings/. "$root/usr/share/keyrings/"
bundle=/etc/ssl/certs/ca-certificates.crt
cp -L "$bundle" "$root$bundle"
# One file each, so that the package ca-certificates keeps those that are not Debian's own.
csplit --quiet --elide-empty-files --prefix "$root/usr/local/share/ca-certificates/" --suffix-format '%03d.crt' \
  "$bundle" '/-----BEGIN CERTIFICATE-----/' '{*}'
tar -C "$root" -c . | docker import --change "ENV PIP_CERT=$bundle SSL_CERT_FILE=$bundle" --change 'CMD ["bash"]' \
  - "$name" >/dev/null
