#!/usr/bin/env bash
# Installs what the tests need, then builds and tests everything: as released,
# with the Address and UndefinedBehavior sanitizers, and with the thread
# sanitizer; then checks format and style. Ends with 0 if all of it passed.
#
#   tests/run.sh             all of it
#   tests/run.sh release     one preset: release, debug or tsan
set -euo pipefail
cd "$(dirname "$0")/.."

presets=("$@")
((${#presets[@]})) || presets=(release debug tsan)

step() { printf '\n== %s\n' "$*"; }

check_style() {
  step "Format and style"
  local sources
  mapfile -t sources < <(git ls-files '*.cc' '*.h')
  clang-format --dry-run --Werror "${sources[@]}"
  git ls-files 'src/*.cc' |
    xargs --max-procs="$(nproc)" --max-args=4 \
      clang-tidy --quiet -p build/release 2>&1 |
    { grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header' || true; }
}

step "Packages"
deploy/install-dependencies.sh --test
npm ci --prefix tests/browser --no-audit --no-fund

for preset in "${presets[@]}"; do
  step "Build: $preset"
  cmake --preset "$preset"
  cmake --build --preset "$preset"
done

[[ " ${presets[*]} " == *" release "* ]] && check_style

for preset in "${presets[@]}"; do
  step "Test: $preset"
  ctest --preset "$preset" --no-tests=error --parallel "$(nproc)"
done

step "All passed: ${presets[*]}"
