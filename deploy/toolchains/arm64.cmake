# Builds for arm64, on whatever processor:
#
#   deploy/install-dependencies.sh --arch arm64
#   cmake --preset release --toolchain deploy/toolchains/arm64.cmake -B build/arm64 -DBUILD_TESTING=OFF
set(processor aarch64)
set(architecture arm64)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
