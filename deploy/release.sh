#!/usr/bin/env bash
# Makes a release; docs/releasing.md says when and what else. The version stands in
# CMakeLists.txt and nowhere else. Pushes and uploads nothing.
#
#   deploy/release.sh version        prints it
#   deploy/release.sh notes          prints its section of CHANGELOG.md
#   deploy/release.sh prepare 1.2.3  writes the version, makes [Unreleased] its section,
#                                    commits, and tags v1.2.3
#   deploy/release.sh build [arm64]  of what is tagged: package, SBOM, notes and checksums
#                                    in build/release-1.2.3; for this processor or that one
#   deploy/release.sh pack BUILD TO  package and SBOM of a build that is there
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "$0: $*" >&2
  exit 1
}

version() {
  sed --quiet --regexp-extended 's/^project\(modelarts_exporter VERSION ([0-9.]+) .*/\1/p' CMakeLists.txt
}

# What is below the heading of version $1, without the blank lines around it.
notes() {
  awk -v heading="## [$1]" '
    /^## \[/ { inside = index($0, heading) == 1; blank = ""; next }
    inside && NF { print blank $0; blank = ""; begun = 1; next }
    inside && begun { blank = blank "\n" }
  ' CHANGELOG.md
}

need_clean_tree() {
  [[ -z $(git status --porcelain) ]] || fail "commit or remove first: $(git status --porcelain | head --lines=3)"
}

prepare() {
  local new=$1
  [[ $new =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "not a version such as 1.2.3: $new"
  need_clean_tree
  ! git rev-parse --quiet --verify "refs/tags/v$new" >/dev/null ||
    fail "v$new was released: $(git log -1 --format=%h "v$new")"
  [[ $(printf '%s\n' "$(version)" "$new" | sort --version-sort | tail --lines=1) == "$new" ]] ||
    fail "$new is older than $(version)"
  [[ -n $(notes Unreleased) ]] || fail "CHANGELOG.md has nothing under [Unreleased]"

  sed --in-place --regexp-extended "s/^(project\(modelarts_exporter VERSION )[0-9.]+/\1$new/" CMakeLists.txt
  sed --in-place "s/^## \[Unreleased\]$/&\n\n## [$new] - $(date --utc +%F)/" CHANGELOG.md
  git commit --quiet --message="Release $new" CMakeLists.txt CHANGELOG.md
  # The headings of the notes begin with what git takes for a comment.
  { echo "Version $new"; echo; notes "$new"; } |
    git tag --annotate --cleanup=whitespace --file=- "v$new"
  echo "Committed and tagged v$new. Look at it: git show v$new"
}

pack() {
  local build=$1 to=$2 root package architecture
  root=$(mktemp --directory)
  # shellcheck disable=SC2064
  trap "rm -rf '$root'" EXIT
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
  export SOURCE_DATE_EPOCH
  cpack -B "$root/package" --config "$build/CPackConfig.cmake"
  package=$(basename "$root"/package/*.deb)
  architecture=$(basename "${package##*_}" .deb)
  mv "$root/package/$package" "$to"
  deploy/image-root.sh "$build/modelarts_exporter" "$root/image"
  deploy/sbom.py "$root/image" "$(version)" "$(git rev-parse HEAD)" \
    >"$to/modelarts_exporter-$(version)_$architecture.spdx.json"
}

build() {
  local new toolchain=deploy/toolchains/$1.cmake
  new=$(version)
  need_clean_tree
  [[ $(git rev-parse --quiet --verify "refs/tags/v$new^{commit}") == $(git rev-parse HEAD) ]] ||
    fail "this is not v$new: git switch --detach v$new"
  [[ -e $toolchain ]] || fail "not a processor that is built for: $1 (amd64 arm64)"
  local build=$PWD/build/dist-$1 to=$PWD/build/release-$new
  cmake -S . -B "$build" -G Ninja --toolchain "$toolchain" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF
  cmake --build "$build" --target modelarts_exporter
  rm -rf "$to"
  mkdir -p "$to"
  pack "$build" "$to"
  notes "$new" >"$to/notes.md"
  (cd "$to" && sha256sum -- * >SHA256SUMS)
  echo "In $to:"
  ls "$to"
}

case "${1:-}/$#" in
  version/1) version ;;
  notes/1) notes "$(version)" ;;
  prepare/2) prepare "$2" ;;
  build/1) build "$(dpkg --print-architecture)" ;;
  build/2) build "$2" ;;
  pack/3) pack "$(realpath "$2")" "$(realpath "$3")" ;;
  *)
    sed --quiet '/^#   /s/^#   //p' "$0" >&2
    exit 2
    ;;
esac
