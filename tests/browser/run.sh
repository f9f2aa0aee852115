#!/usr/bin/env bash
# Runs the tests of the status page ("test"), or looks its script over ("lint").
# 77 says that what they need is not installed.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_tests.sh"

case "${1:-}" in
  lint) npm run --silent lint ;;
  test)
    [[ -x "${CHROMIUM:-}" ]] || need "no Chromium"
    node --test status_page.test.mjs
    ;;
  *)
    echo "usage: $0 test|lint" >&2
    exit 2
    ;;
esac
