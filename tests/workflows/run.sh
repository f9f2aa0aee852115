#!/usr/bin/env bash
# Tests .github/workflows. 77 says that what it needs is not installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

need() {
  echo "Skipped: $1"
  exit 77
}
command -v node >/dev/null || need "no Node.js"
[[ -d node_modules ]] || need "run npm ci in tests/workflows first"
node --test workflows.test.mjs
