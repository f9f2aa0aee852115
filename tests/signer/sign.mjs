// Signs requests as the SDK of the cloud does: reads [{method, url, headers}] from the standard
// input, and writes [{documented, plain}] to the standard output, values of Authorization.
//
// `plain` is what the SDK signs: the path of the URL with each "%" encoded once more. The gateway's
// guide encodes the decoded path, once; so does `documented`, and all else is the SDK's.

import { text } from "node:stream/consumers";
import { AKSKSigner } from "@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js";

class DocumentedSigner extends AKSKSigner {
  static CanonicalURI(path) {
    const segments = path.split("/").map((one) => this.urlEncode(decodeURIComponent(one)));
    return segments.join("/").replace(/\/?$/, "/");
  }
}

const { id, secret, requests } = JSON.parse(await text(process.stdin));
const credential = { getAk: () => id, getSk: () => secret };
const answers = requests.map(({ method, url, headers }) => {
  const { origin, pathname, searchParams } = new URL(url);
  const request = {
    method, headers, endpoint: origin + pathname, queryParams: Object.fromEntries(searchParams),
  };
  return {
    documented: DocumentedSigner.sign(request, credential).Authorization,
    plain: AKSKSigner.sign(request, credential).Authorization,
  };
});
console.log(JSON.stringify(answers));
