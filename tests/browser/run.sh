#!/usr/bin/env bash
# Runs the tests of the status page ("test"), looks its script over ("lint"), or
# makes the pictures of the documents ("pictures", with the arguments of
# pictures.mjs). 77 says that what they need is not installed.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_tests.sh"

case "${1:-}" in
  lint) npm run --silent lint ;;
  test)
    [[ -x "${CHROMIUM:-}" ]] || need "no Chromium"
    node --test status_page.test.mjs
    ;;
  pictures)
    [[ -x "${CHROMIUM:-}" ]] || need "no Chromium"
    node pictures.mjs "${@:2}"
    ;;
  *)
    echo "usage: $0 test|lint|pictures" >&2
    exit 2
    ;;
esac
