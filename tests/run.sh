#!/usr/bin/env bash
# Installs what the tests need, then builds and tests everything as released and
# checks the format. Ends with 0 if all of it passed.
#
#   tests/run.sh                      what every change has to pass
#   tests/run.sh release debug tsan   under the sanitizers as well
#   tests/run.sh fuzz                 each fuzz target for a minute
#   tests/run.sh style                clang-tidy, after a build of release
set -euo pipefail
cd "$(dirname "$0")/.."

presets=("$@")
((${#presets[@]})) || presets=(release)

step() { printf '\n== %s\n' "$*"; }

check_format() {
  step "Format"
  local sources
  mapfile -t sources < <(git ls-files '*.cc' '*.h')
  clang-format --dry-run --Werror "${sources[@]}"
}

check_style() {
  step "Style"
  git ls-files 'src/*.cc' |
    xargs --max-procs="$(nproc)" --max-args=4 \
      clang-tidy --quiet -p build/release 2>&1 |
    { grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header' || true; }
}

step "Packages"
deploy/install-dependencies.sh --test
for project in tests/browser tests/deploy/kubernetes; do
  npm ci --prefix "$project" --no-audit --no-fund
done

if [[ "${presets[*]}" == style ]]; then
  check_style
  exit
fi

check_format
for preset in "${presets[@]}"; do
  step "Build: $preset"
  cmake --preset "$preset"
  cmake --build --preset "$preset"
done

for preset in "${presets[@]}"; do
  step "Test: $preset"
  # What a fuzz target finds once, it need not find again.
  repeat=(--repeat until-pass:3)
  [[ $preset != fuzz ]] || repeat=()
  ctest --preset "$preset" --no-tests=error --parallel "$(nproc)" "${repeat[@]}"
done

step "All passed: ${presets[*]}"
