"""The bill of materials of a bundle, in CycloneDX 1.5: what it holds, of which version, with which checksum and licence."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name


def sbom(files: Iterable[Path], *, platform: str, version: str) -> Mapping[str, Any]:
    """The bill, always the same for the same wheels and sdists: it has no time, and a number made from what it says."""
    components = [_component(file) for file in sorted(files, key=lambda file: file.name)]
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "bundle",
                "name": "kallithea",
                "version": version,
                "properties": [{"name": "kallithea:platform", "value": platform}],
            }
        },
        "components": components,
        "dependencies": [{"ref": "bundle", "dependsOn": [component["bom-ref"] for component in components]}],
    }
    return {**bill, "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(bill, sort_keys=True))}"}


def _component(file: Path) -> Mapping[str, Any]:
    metadata = HeaderParser().parsestr(_metadata(file).decode("utf-8"))
    name, version = canonicalize_name(metadata["Name"]), metadata["Version"]
    licence = metadata["License-Expression"] or metadata["License"] or ""
    return {
        "type": "library",
        "bom-ref": file.name,
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}?file_name={file.name}",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(file.read_bytes()).hexdigest()}],
        # Some put the whole text there.
        **({"licenses": [{"license": {"name": licence}}]} if 0 < len(licence) < 100 else {}),
    }


def _metadata(file: Path) -> bytes:
    if file.name.endswith(".tar.gz"):
        with tarfile.open(file) as sources:
            (name,) = (name for name in sources.getnames() if re.fullmatch(r"[^/]+/PKG-INFO", name))
            content = sources.extractfile(name)
            assert content
            return content.read()
    with zipfile.ZipFile(file) as archive:
        (name,) = (name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        return archive.read(name)
