#!/usr/bin/env bash
# Installs what the tests need, then builds and tests everything: as released,
# under the sanitizers, by fuzzing, and looks over how it is written. Ends with 0
# if all of it passed. Can run again at any time.
#
#   tests/run.sh                what every change has to pass
#   tests/run.sh release tsan   some of the steps: release debug tsan fuzz style
#   tests/run.sh trixie         the release step in a Debian 13 of its own; bookworm and
#                               forky: in 12, and in what becomes 14; tests/chroot.sh
#   tests/run.sh arm64          there, what is in C++ for arm64; tests/arm64.sh
set -euo pipefail
cd "$(dirname "$0")/.."

steps=("$@")
((${#steps[@]})) || steps=(release debug tsan fuzz style)

case "${steps[*]}" in
  trixie) exec tests/chroot.sh trixie tests/run.sh format release ;;
  bookworm | forky) exec tests/chroot.sh "${steps[*]}" tests/run.sh release ;;
  arm64) exec tests/chroot.sh trixie-arm64 tests/arm64.sh ;;
esac

say() { printf '\n== %s\n' "$*"; }

build() {
  say "Build: $1"
  cmake --preset "$1"
  cmake --build --preset "$1"
}

check_format() {
  say "Format"
  local sources
  mapfile -t sources < <(git ls-files '*.cc' '*.h')
  clang-format --dry-run --Werror "${sources[@]}"
}

# What clang-tidy says on success is not worth a line.
check_style() {
  say "Style"
  cmake --preset release
  git ls-files 'src/*.cc' |
    xargs --max-procs="$(nproc)" --max-args=4 \
      clang-tidy --quiet -p build/release 2>&1 |
    { grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header' || true; }
}

run_step() {
  if [[ $1 == style ]]; then
    check_style
    return
  fi
  build "$1"
  say "Test: $1"
  local jobs
  jobs=$(nproc)
  # Most of the long tests wait, and who measures time goes alone. Fuzzers compute.
  if [[ $1 != fuzz ]]; then ((jobs *= 2)); fi
  ctest --preset "$1" --no-tests=error --parallel "$jobs"
}

say "Packages"
deploy/install-dependencies.sh --test
for project in tests/browser tests/deploy/grafana tests/deploy/kubernetes tests/signer \
  tests/workflows; do
  npm ci --prefix "$project" --no-audit --no-fund
done

# clang-format 14 (Debian 12) and 19 (13) agree on what is here, others need not.
if [[ " ${steps[*]} " == *" style "* ]]; then check_format; fi
for step in "${steps[@]}"; do
  case "$step" in
    format) check_format ;;
    release | debug | tsan | fuzz | style) run_step "$step" ;;
    *)
      echo "$0: no such step: $step (release debug tsan fuzz style)" >&2
      exit 2
      ;;
  esac
done

say "All passed: ${steps[*]}"
