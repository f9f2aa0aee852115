#!/usr/bin/env python3
"""Prints what an image holds as an SBOM, SPDX 2.3 as JSON: the program, and the Debian
packages that deploy/image-root.sh noted in FOLDER, the image's root.

    deploy/sbom.py FOLDER VERSION REVISION >modelarts_exporter.spdx.json

The same image gives the same text. Its time is SOURCE_DATE_EPOCH, or else now.
"""

import datetime
import email.parser
import json
import os
import pathlib
import re
import sys
import urllib.parse
import uuid

NAME = "modelarts_exporter"


def read_packages(root):
    """Name, version, architecture and source of each package of the image, by name."""
    folder = root / "var/lib/dpkg/status.d"
    packages = [email.parser.Parser().parsestr(file.read_text(), headersonly=True) for file in sorted(folder.iterdir())]
    if not packages:
        sys.exit(f"{folder}: no package is noted there; deploy/image-root.sh makes it")
    return packages


def distribution(root):
    """ID and VERSION_ID of os-release, e.g. ("debian", "13"); of a Debian that is not
    released yet, its name."""
    text = (root / "etc/os-release").read_text()
    facts = dict(re.findall(r'(?m)^(\w+)="?([\w.-]+)', text))
    return facts["ID"], facts.get("VERSION_ID") or facts["VERSION_CODENAME"]


def spdx_id(name):
    return "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", name.replace("+", "plus"))


def describe(name, version, licence, purl, supplier="NOASSERTION"):
    return {
        "SPDXID": spdx_id(name),
        "name": name,
        "versionInfo": version,
        "supplier": supplier,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl},
        ],
    }


def describe_debian(package, system, release):
    version = urllib.parse.quote(package["Version"], safe="")
    name = urllib.parse.quote(package["Package"], safe="")
    purl = f"pkg:deb/{system}/{name}@{version}?arch={package['Architecture']}&distro={system}-{release}"
    supplier = "Organization: " + package["Maintainer"].split("<")[0].strip(' "')
    return describe(package["Package"], package["Version"], "NOASSERTION", purl, supplier)


def main():
    if len(sys.argv) != 4:
        sys.exit(f"usage: {sys.argv[0]} FOLDER VERSION REVISION")
    root, version, revision = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    system, release = distribution(root)
    program = describe(NAME, version, "Apache-2.0", f"pkg:generic/{NAME}@{version}?vcs_revision={revision}")
    libraries = [describe_debian(package, system, release) for package in read_packages(root)]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", program["SPDXID"])]
    relations += [(program["SPDXID"], "DEPENDS_ON", library["SPDXID"]) for library in libraries]
    made = os.environ.get("SOURCE_DATE_EPOCH")
    time = datetime.datetime.fromtimestamp(int(made), datetime.timezone.utc) if made else datetime.datetime.now(
        datetime.timezone.utc)
    content = json.dumps([revision, program, libraries], sort_keys=True)
    json.dump({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{NAME}-{version}",
        "documentNamespace": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": [f"Tool: {NAME}-sbom"]},
        "packages": [program, *libraries],
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            for one, kind, other in relations
        ],
    }, sys.stdout, indent=1)  # fmt: skip
    print()


if __name__ == "__main__":
    main()
