#!/usr/bin/env bash
# Installs the Debian packages that the build needs; with --test also those that
# the tests need, with --benchmark those of tests/benchmark/run.sh. With --arch arm64
# (or amd64) what builds for that processor, deploy/toolchains/: in place of this one's,
# since Debian has prometheus-cpp for one at a time. Can run again at any time; installs
# nothing that is there. Starts no service.
set -euo pipefail

build_packages=(
  cmake curl g++ git ninja-build pkg-config
  libcli11-dev
  nlohmann-json3-dev
)
# One for each processor that is built for.
libraries=(
  libcpp-httplib-dev
  libcrypt-dev
  libcurl4-openssl-dev
  libre2-dev
  libssl-dev
  libyaml-cpp-dev
  prometheus-cpp-dev
  zlib1g-dev
)
# Debian 12 has 1.74 for its default, in which Clang sees no coroutines of Asio's.
if [[ $(. /etc/os-release && echo "$ID${VERSION_ID:-}") == debian12 ]]; then
  libraries+=(libboost1.81-dev)
else
  libraries+=(libboost-dev)
fi
test_packages=(
  ca-certificates
  chromium
  clang clang-format clang-tidy
  docker-compose
  dpkg-dev
  faketime
  file
  groff-base
  iproute2
  nodejs
  prometheus
  python3-keystone
  python3-prometheus-client
  systemd
  # The gateways and proxies of tests/intermediaries/.
  apache2-bin
  caddy
  haproxy
  lighttpd lighttpd-mod-openssl
  microsocks
  nginx-light
  squid
  tinyproxy-bin
)
# What of them is a service too. The tests start them by themselves.
services=(caddy haproxy lighttpd nginx squid)

benchmark_packages=(
  haproxy
  libbenchmark-dev
  libgmock-dev
  libgtest-dev
  nginx-light
  openssl
  prometheus-blackbox-exporter
  python3
  wrk
)

# Node.js from elsewhere may bring npm along, and then excludes Debian's.
command -v npm >/dev/null || test_packages+=(npm)

usage() {
  echo "usage: $0 [--test] [--benchmark] [--arch amd64|arm64]" >&2
  exit 2
}

packages=("${build_packages[@]}")
foreign=
while (($#)); do
  case "$1" in
    --test) packages+=("${test_packages[@]}" "${benchmark_packages[@]}") ;;
    --benchmark) packages+=("${benchmark_packages[@]}") ;;
    --arch)
      case "${2:-}" in
        arm64) compiler=g++-aarch64-linux-gnu ;;
        amd64) compiler=g++-x86-64-linux-gnu ;;
        *) usage ;;
      esac
      if [[ $2 != "$(dpkg --print-architecture)" ]]; then
        foreign=$2
        packages+=("$compiler" "pkgconf:$2")
        libraries=("${libraries[@]/%/:$2}")
      fi
      shift
      ;;
    *) usage ;;
  esac
  shift
done
packages+=("${libraries[@]}")

missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null |
    grep -q 'ok installed' || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  echo "All ${#packages[@]} packages are installed."
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || {
    echo "$0: not root, and no sudo here; as root: apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi

# Debian starts the services that it installs, unless this file says no.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
new_services=()
for service in "${services[@]}"; do
  [[ -e /lib/systemd/system/$service.service ]] || new_services+=("$service")
done
echo "Installing with apt-get: ${missing[*]}"
[[ -z $foreign ]] || "${as_root[@]}" dpkg --add-architecture "$foreign"
"${as_root[@]}" apt-get update --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --yes --quiet --no-install-recommends ${foreign:+--no-remove} "${missing[@]}"
# Nor at the next start of the machine.
for service in "${new_services[@]}"; do
  [[ ! -e /lib/systemd/system/$service.service ]] ||
    "${as_root[@]}" systemctl --quiet disable "$service"
done
