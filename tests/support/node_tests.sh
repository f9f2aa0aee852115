# Sourced by the run.sh of each folder whose tests are JavaScript: goes to that
# folder, and ends with 77 where Node.js or the folder's packages are not installed.
# shellcheck shell=bash
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$(dirname "${BASH_SOURCE[1]}")"

need() {
  echo "Skipped: $1"
  exit 77
}
command -v node >/dev/null || need "no Node.js"
[[ -d node_modules ]] || need "run npm ci in tests${PWD#"$tests"} first"
