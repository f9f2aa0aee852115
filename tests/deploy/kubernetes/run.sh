#!/usr/bin/env bash
# Tests deploy/kubernetes. 77 says that what it needs is not installed.
source "$(dirname "${BASH_SOURCE[0]}")/../../support/node_tests.sh"
# Debian 12's kubernetes-client, 1.20, has a kustomize of 2019, which knows neither
# `labels` nor folders as resources.
[[ $(kubectl version --client 2>/dev/null) =~ Kustomize\ Version:\ v([0-9]+) ]] &&
  ((BASH_REMATCH[1] >= 5)) || need "no kubectl with kustomize 5"
node --test manifests.test.mjs
