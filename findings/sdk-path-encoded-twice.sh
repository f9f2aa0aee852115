#!/bin/sh
# The cloud's SDK for Node.js signs a path that is encoded twice.
#
# One would guess from the guide to signing requests that the canonical URI has
# each segment of the path encoded once: "a b" is "a%20b". Seen of
# @huaweicloud/huaweicloud-sdk-core 3.1.211: its signer takes the path of the
# URL, where the blank is "%20" already, and encodes that: "a%2520b". For ids of
# letters, digits and -_.~ both are the same. So this SDK is no judge of
# signatures of other ids: tests/signer/ gives it the documented form.
#
# Ends with 1 if that is no longer so. Needs node and npm.

set -eu

version=3.1.211
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$(dirname "$0")"/../tests/signer/package*.json "$folder"
npm ci --prefix "$folder" --no-audit --no-fund --silent
cd "$folder"
node - "$version" <<'JAVASCRIPT'
const { AKSKSigner } = require("@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js");
const { version } = require("@huaweicloud/huaweicloud-sdk-core/package.json");

let failed = false;
function expect(what, seen, wanted) {
  console.log(`${what}: ${seen}`);
  if (seen === wanted) return;
  console.log(`  not ${wanted} as before`);
  failed = true;
}

expect("SDK", version, process.argv[2]);
expect("of letters", AKSKSigner.CanonicalURI("/v2/p1/datasets/aB-_.~1"), "/v2/p1/datasets/aB-_.~1/");
expect("of a blank", AKSKSigner.CanonicalURI("/v2/p1/datasets/a%20b"), "/v2/p1/datasets/a%2520b/");
process.exit(failed ? 1 : 0);
JAVASCRIPT
