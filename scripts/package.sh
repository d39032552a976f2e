#!/bin/bash
# Packs vidi with everything it loads, from a preset that has been built.
#   scripts/package.sh PRESET tree   build/package/tree: bin, lib, share; may be moved anywhere
#   scripts/package.sh PRESET        the same, and of it build/package/vidi-VERSION-linux-x86_64.tar.gz
#                                    and build/package/vidi_VERSION_amd64.deb
# What is packed has the time of the last commit, so that the same sources give the same files.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
what=${2:-all}
version=$(sed -n 's/^project(vidi VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CMakeLists.txt)}
export SOURCE_DATE_EPOCH
packages=$PWD/build/package
tree=$packages/tree

make_tree() {
  rm -rf "$tree"
  mkdir -p "$packages"
  cmake --install "build/$preset" --prefix "$tree" --component vidi --strip >"$packages/install.log" ||
    { tail -n 20 "$packages/install.log" >&2 && return 1; }
  install -D -m 644 deploy/debian/vidi.1 "$tree/share/man/man1/vidi.1"
  install -D -m 644 LICENSE "$tree/share/doc/vidi/LICENSE"
  install -D -m 644 deploy/debian/vidi.toml "$tree/share/doc/vidi/vidi.toml"
  .venv/bin/python3 scripts/bill_of_materials.py "$version" "$tree"
  chmod -R u=rwX,go=rX "$tree"
  # Shared libraries are read, not run.
  find "$tree/lib" -name '*.so*' -exec chmod 644 {} +
}

# The same files, times and owners, whoever packs.
pack() { # ARCHIVE FOLDER NAME
  tar --create --use-compress-program "gzip -4n" --file "$1" --directory "$2" --transform "s,^\.,$3," --sort=name --owner=0 --group=0 \
    --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" .
}

make_deb() {
  local root=$packages/deb
  rm -rf "$root"
  mkdir -p "$root/usr" "$root/DEBIAN"
  cp -a "$tree/." "$root/usr/"
  gzip -9n "$root/usr/share/man/man1/vidi.1"
  mv "$root/usr/share/doc/vidi/LICENSE" "$root/usr/share/doc/vidi/copyright"
  rm "$root/usr/share/doc/vidi/vidi.toml"
  install -D -m 644 deploy/debian/vidi.toml "$root/etc/vidi/vidi.toml"
  install -D -m 644 deploy/debian/vidi.service "$root/lib/systemd/system/vidi.service"
  echo /etc/vidi/vidi.toml >"$root/DEBIAN/conffiles"
  sed -e "s/@VERSION@/$version/" -e "s/@SIZE@/$(du -sk --apparent-size "$root/usr" | cut -f1)/" deploy/debian/control \
    >"$root/DEBIAN/control"
  install -m 755 deploy/debian/postinst deploy/debian/prerm deploy/debian/postrm "$root/DEBIAN/"
  (cd "$root" && find usr lib -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zzstd -z9 --build "$root" "$packages/vidi_${version}_amd64.deb" >/dev/null
  rm -rf "$root"
}

make_tree
if [[ "$what" == all ]]; then
  name=vidi-$version-linux-x86_64
  pack "$packages/$name.tar.gz" "$tree" "$name"
  make_deb
  (cd "$packages" && sha256sum "$name.tar.gz" "vidi_${version}_amd64.deb" >SHA256SUMS)
  du -h --apparent-size "$packages/$name.tar.gz" "$packages/vidi_${version}_amd64.deb"
fi
