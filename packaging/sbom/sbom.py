#!/usr/bin/python3
"""Writes what tenon is made of: sbom.py spdx|cyclonedx VERSION NAME=VERSION...

The names are those of COMPONENTS. The same arguments give the same bytes; the time is SOURCE_DATE_EPOCH, or the beginning
of 1980 without."""
import datetime
import hashlib
import json
import os
import sys
import uuid

NAMESPACE = uuid.UUID("8b6c1f0e-2f6b-5d6e-9d62-0f6f3d4f7a11")
# name -> (license, where it comes from, how it is used)
COMPONENTS = {
    "boost": ("BSL-1.0", "https://www.boost.org/", "headers, compiled in"),
    "nlohmann-json": ("MIT", "https://github.com/nlohmann/json", "headers, compiled in"),
    "fmt": ("MIT", "https://github.com/fmtlib/fmt", "headers, compiled in"),
    "spdlog": ("MIT", "https://github.com/gabime/spdlog", "headers, compiled in"),
    "sqlite": ("blessing", "https://www.sqlite.org/", "shared library of storage-sqlite.so"),
    "openssl": ("Apache-2.0", "https://www.openssl.org/", "shared library of tenond, filters, auth plugins and events-webhook.so"),
    "argon2": ("CC0-1.0 OR Apache-2.0", "https://github.com/P-H-C/phc-winner-argon2", "shared library of auth-file.so and tenonctl"),
    "rocksdb": ("GPL-2.0-only OR Apache-2.0", "https://rocksdb.org/", "shared library of storage-rocksdb.so, which is optional"),
}
ORGANIZATION = "the tenon authors"


def time_of_build():
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "315532800"))
    return datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def identity(version, parts):
    """One for each set of components."""
    return str(uuid.uuid5(NAMESPACE, hashlib.sha256(json.dumps([version, parts]).encode()).hexdigest()))


def purl(name, version):
    return f"pkg:generic/{name}@{version}"


def spdx(version, parts):
    def package(name, version, license_id, url, comment):
        return {"name": name, "SPDXID": f"SPDXRef-{name}", "versionInfo": version, "downloadLocation": url, "filesAnalyzed": False,
                "licenseConcluded": license_id, "licenseDeclared": license_id, "copyrightText": "NOASSERTION", "comment": comment,
                "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                  "referenceLocator": purl(name, version)}]}
    packages = [package("tenon", version, "Apache-2.0 AND 0BSD", "NOASSERTION", "MQTT broker")]
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-tenon"}]
    for name, its_version in parts:
        packages.append(package(name, its_version, *COMPONENTS[name]))
        if name == "rocksdb":
            relation = {"spdxElementId": "SPDXRef-rocksdb", "relationshipType": "OPTIONAL_DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-tenon"}
        else:
            relation = {"spdxElementId": "SPDXRef-tenon", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": f"SPDXRef-{name}"}
        relations.append(relation)
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"tenon-{version}",
            "documentNamespace": f"urn:uuid:{identity(version, parts)}",
            "creationInfo": {"created": time_of_build(), "creators": [f"Organization: {ORGANIZATION}", f"Tool: tenon-build-{version}"]},
            "packages": packages, "relationships": relations}


def cyclonedx(version, parts):
    def licenses(text):
        return [{"expression": text}] if " " in text else [{"license": {"id": text}}]

    def component(name, version, license_text, url, comment):
        return {"type": "library", "bom-ref": purl(name, version), "name": name, "version": version, "description": comment,
                "scope": "optional" if name == "rocksdb" else "required", "licenses": licenses(license_text),
                "purl": purl(name, version), "externalReferences": [{"type": "website", "url": url}]}
    components = [component(name, its_version, *COMPONENTS[name]) for name, its_version in parts]
    own = purl("tenon", version)
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{identity(version, parts)}", "version": 1,
            "metadata": {"timestamp": time_of_build(),
                         "component": {"type": "application", "bom-ref": own, "name": "tenon", "version": version, "purl": own,
                                       "licenses": licenses("Apache-2.0 AND 0BSD")}},
            "components": components,
            "dependencies": [{"ref": own, "dependsOn": [part["bom-ref"] for part in components]}]}


def main():
    form, version, *rest = sys.argv[1:]
    parts = sorted(tuple(part.split("=", 1)) for part in rest)
    made = {"spdx": spdx, "cyclonedx": cyclonedx}[form](version, parts)
    print(json.dumps(made, indent=2))


main()
