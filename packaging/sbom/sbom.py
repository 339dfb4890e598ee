#!/usr/bin/python3
"""Writes what tenon is made of: sbom.py spdx|cyclonedx generic|deb VERSION NAME=VERSION...

The names are those of COMPONENTS. With deb each library is named as the Debian source package that it was built with here, whose
version is what advisories speak of; one that is not installed as a package stays generic. The same arguments and packages give
the same bytes; the time is SOURCE_DATE_EPOCH, or the beginning of 1980 without."""
import datetime
import hashlib
import json
import os
import platform
import subprocess
import sys
import urllib.parse
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
# The package that a build on Debian finds each in.
DEBIAN_PACKAGES = {
    "boost": "libboost1.81-dev", "nlohmann-json": "nlohmann-json3-dev", "fmt": "libfmt-dev", "spdlog": "libspdlog-dev",
    "sqlite": "libsqlite3-dev", "openssl": "libssl-dev", "argon2": "libargon2-dev", "rocksdb": "librocksdb-dev",
}
ORGANIZATION = "the tenon authors"


def time_of_build():
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "315532800"))
    return datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def identity(version, parts):
    """One for each set of components."""
    return str(uuid.uuid5(NAMESPACE, hashlib.sha256(json.dumps([version, parts]).encode()).hexdigest()))


def purl(name, version):
    return f"pkg:generic/{name}@{urllib.parse.quote(version, safe=':')}"


def generic(name, version):
    """(name, version, supplier or None, purl) of a library of which no package is known."""
    return name, version, None, purl(name, version)


def of_debian(name, version):
    """The same of one that a package of the system has."""
    asked = subprocess.run(["dpkg-query", "--show", "--showformat=${source:Package} ${source:Version} ${Architecture}",
                            DEBIAN_PACKAGES[name]], capture_output=True, text=True)
    if asked.returncode != 0:
        return generic(name, version)
    source, version, architecture = asked.stdout.split()
    system = platform.freedesktop_os_release()
    distribution = f"{system['ID']}-{system['VERSION_ID']}" if "VERSION_ID" in system else system["ID"]
    return name, version, system["NAME"], (f"pkg:deb/{system['ID']}/{source}@{urllib.parse.quote(version, safe=':')}"
                                           f"?arch={architecture}&distro={distribution}")


def spdx(version, parts):
    def package(name, version, supplier, its_purl, license_id, url, comment):
        return {"name": name, "SPDXID": f"SPDXRef-{name}", "versionInfo": version,
                "supplier": f"Organization: {supplier}" if supplier else "NOASSERTION", "downloadLocation": url, "filesAnalyzed": False,
                "licenseConcluded": license_id, "licenseDeclared": license_id, "copyrightText": "NOASSERTION", "comment": comment,
                "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": its_purl}]}
    packages = [package("tenon", version, ORGANIZATION, purl("tenon", version), "Apache-2.0 AND 0BSD", "NOASSERTION", "MQTT broker")]
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-tenon"}]
    for name, *origin in parts:
        packages.append(package(name, *origin, *COMPONENTS[name]))
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

    def component(name, version, supplier, its_purl, license_text, url, comment):
        return {"type": "library", "bom-ref": its_purl, **({"supplier": {"name": supplier}} if supplier else {}), "name": name,
                "version": version, "description": comment, "scope": "optional" if name == "rocksdb" else "required",
                "licenses": licenses(license_text), "purl": its_purl, "externalReferences": [{"type": "website", "url": url}]}
    components = [component(name, *origin, *COMPONENTS[name]) for name, *origin in parts]
    own = purl("tenon", version)
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{identity(version, parts)}", "version": 1,
            "metadata": {"timestamp": time_of_build(),
                         "component": {"type": "application", "bom-ref": own, "supplier": {"name": ORGANIZATION}, "name": "tenon", "version": version, "purl": own,
                                       "licenses": licenses("Apache-2.0 AND 0BSD")}},
            "components": components,
            "dependencies": [{"ref": own, "dependsOn": [part["bom-ref"] for part in components]}]}


def main():
    form, packages, version, *rest = sys.argv[1:]
    known = {"generic": generic, "deb": of_debian}[packages]
    parts = sorted(known(*part.split("=", 1)) for part in rest)
    made = {"spdx": spdx, "cyclonedx": cyclonedx}[form](version, parts)
    print(json.dumps(made, indent=2))


main()
