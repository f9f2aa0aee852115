#!/usr/bin/env bash
# Tests .github/workflows. 77 says that what it needs is not installed.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_tests.sh"
node --test workflows.test.mjs
