# What the toolchain files beside this one share: Debian's compiler and libraries for
# `architecture`, installed by deploy/install-dependencies.sh --arch ARCHITECTURE.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${processor})
set(CMAKE_CXX_COMPILER ${processor}-linux-gnu-g++)
set(PKG_CONFIG_EXECUTABLE ${processor}-linux-gnu-pkg-config CACHE STRING "")
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${architecture})

# Tests run under it, where it is installed.
find_program(EXPORTER_EMULATOR qemu-${processor}-static)
if(EXPORTER_EMULATOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${EXPORTER_EMULATOR})
endif()
