#!/usr/bin/env bash
# The release step of tests/run.sh in a Debian 13 in build/trixie: what is committed,
# built and tested with its compiler and libraries. As root; takes debootstrap, and
# the mirror that apt uses here. By hand, and before a release.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=trixie
root=$PWD/build/$suite
ready=$root/var/lib/made-for-tests

make_root() {
  command -v debootstrap >/dev/null ||
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends debootstrap
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' |
    head --lines=1)
  [[ -n $mirror ]] || {
    echo "$0: apt has no mirror of Debian; run apt-get update first" >&2
    exit 1
  }
  rm -rf "$root"  # Of a run that was broken off.
  mkdir -p "$root"
  debootstrap --variant=minbase --include=ca-certificates,git "$suite" "$root" "$mirror"
  # What this machine trusts, and how its apt and npm are set up.
  cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
  cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
  [[ ! -e ~/.npmrc ]] || cp ~/.npmrc "$root/root/"
  chroot "$root" update-ca-certificates
  git clone --quiet --no-local . "$root/src"
  touch "$ready"
}

((EUID == 0)) || {
  echo "$0: as root, for debootstrap and chroot" >&2
  exit 1
}
[[ -e $ready ]] || make_root
cp /etc/resolv.conf /etc/hosts "$root/etc/"
git -C "$root/src" fetch --quiet "$PWD" HEAD
git -C "$root/src" reset --quiet --hard FETCH_HEAD
# What is mounted there goes with the namespace. A root of its own, and no chroot,
# since tests make namespaces in it, which Linux forbids there.
exec unshare --mount --pid --fork --kill-child sh -euc '
  mount --rbind "$0" "$0"
  mount --rbind /dev "$0/dev"
  mount -t proc proc "$0/proc"
  mount -t tmpfs tmpfs "$0/tmp"
  cd "$0"
  pivot_root . mnt
  umount --lazy /mnt
  exec env TMPDIR=/tmp NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    /src/tests/run.sh release' "$root"
