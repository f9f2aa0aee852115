#!/usr/bin/env bash
# The release step of tests/run.sh in another Debian in build/SUITE: what is committed,
# built and tested with its compiler and libraries. As root; takes debootstrap, and
# the mirror that apt uses here. By hand, and before a release.
#
#   tests/chroot.sh trixie                the release step in Debian 13
#   tests/chroot.sh trixie-NAME COMMAND   something else, in the clone at /src of one more
set -euo pipefail
cd "$(dirname "$0")/.."

(($#)) || {
  echo "usage: $0 SUITE[-NAME] [COMMAND...]" >&2
  exit 2
}
suite=${1%%-*}
root=$PWD/build/$1
shift
(($#)) || set -- tests/run.sh release
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
  # An older debootstrap does not know a newer suite by name.
  local script=/usr/share/debootstrap/scripts/$suite
  [[ -e $script ]] || script=${script%/*}/sid
  debootstrap --variant=minbase --include=ca-certificates,ccache,git "$suite" "$root" "$mirror" "$script"
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
  root=$1
  shift
  mount --rbind "$root" "$root"
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/tmp"
  cd "$root"
  pivot_root . mnt
  umount --lazy /mnt
  cd /src
  exec env TMPDIR=/tmp NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    CMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"' sh "$root" "$@"
