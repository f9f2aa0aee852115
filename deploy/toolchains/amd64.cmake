# Builds for amd64, on whatever processor; arm64.cmake shows how.
set(processor x86_64)
set(architecture amd64)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
