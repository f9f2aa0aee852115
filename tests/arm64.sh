#!/usr/bin/env bash
# Builds for arm64 with Debian's cross compiler, runs the unit tests in an emulator, and
# packs the package. Installs what that takes, and makes arm64 an architecture of this
# system: tests/run.sh arm64 does it in a Debian 13 of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

build=$PWD/build/arm64

deploy/install-dependencies.sh --arch arm64
DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends \
  dpkg-dev file libgmock-dev:arm64 libgtest-dev:arm64 python3 qemu-user-static

cmake -S . -B "$build" -G Ninja --toolchain "$PWD/deploy/toolchains/arm64.cmake" -DCMAKE_BUILD_TYPE=Release
# The tests of the rooms, and of the simulator: those that are in C++, and so have names
# in capitals.
mapfile -t programs < <(ninja -C "$build" -t targets all |
  sed --quiet 's/^\([a-z_]*_test\): CXX_EXECUTABLE_LINKER.*/\1/p')
cmake --build "$build" --target modelarts_exporter "${programs[@]}"
rooms=$(ls -d src/*/ | xargs -n 1 basename | paste --serial --delimiters='|')
ctest --test-dir "$build" --tests-regex "^($rooms|simulator)\\.[A-Z]" --no-tests=error --parallel "$(nproc)" --output-on-failure
cpack -B build/package-arm64 --config "$build/CPackConfig.cmake"
dpkg-deb --info build/package-arm64/*_arm64.deb
