"""The files that IIS needs, written from the ini file: one folder for each of the two ways to run Kallithea in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from xml.etree import ElementTree

from kallithea.lib.errors import ConfigError

LARGEST_BODY = 4294967295
"""Bytes: as many as maxAllowedContentLength can say."""

LONGEST_REQUEST = "12:00:00"
"""How long a clone or a push may take."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where things are on the Windows machine."""

    ini: PurePath
    folder: PurePath
    """The folder for the files; IIS must be able to read it, and to write logs in it."""
    mount: str
    """The virtual directory: empty, or `/scm`."""
    python: PurePath
    packages: tuple[PurePath, ...]
    """The folders from which Kallithea and what it needs are imported."""


def mount_of(virtual_directory: str) -> str:
    """The virtual directory without a slash at its end; empty for the root of the site. Raises ConfigError."""
    mount = "/" + virtual_directory.strip("/")
    if mount == "/":
        return ""
    if not re.fullmatch(r"(/(?!\.{1,2}(?:/|$))[\w.~-]+)+", mount):
        raise ConfigError(
            f"The virtual directory {virtual_directory} cannot be used.",
            hint="Write / for the root of the site, or a path of letters, digits, dots, dashes and underscores such as /scm.",
        )
    return mount


def written(installation: Installation) -> Mapping[str, str]:
    """The text of each file, by its path below the folder."""
    return {
        "http-platform/web.config": _text(_http_platform(installation)),
        "isapi/web.config": _text(_isapi(installation)),
        "isapi/dispatch.py": _dispatch(installation),
    }


def _http_platform(installation: Installation) -> ElementTree.Element:
    root, server = _common({"modules": "httpPlatformHandler"})
    arguments = ["-m", "kallithea.config.iis.http_platform", str(installation.ini), *filter(None, [installation.mount])]
    platform = ElementTree.SubElement(
        server,
        "httpPlatform",
        processPath=str(installation.python),
        arguments=" ".join(map(_argument, arguments)),
        startupTimeLimit="120",
        startupRetryCount="10",
        rapidFailsPerMinute="10",
        requestTimeout=LONGEST_REQUEST,
        processesPerApplication="1",
        stdoutLogEnabled="true",
        stdoutLogFile=str(installation.folder / "http-platform" / "kallithea"),
    )
    variables = ElementTree.SubElement(platform, "environmentVariables")
    for name, value in {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}.items():
        ElementTree.SubElement(variables, "environmentVariable", name=name, value=value)
    return root


def _argument(text: str) -> str:
    """One argument of a command line, as Windows takes them apart."""
    if text and not re.search(r'[\s"]', text):
        return text
    # Backslashes count as themselves, but before a quote.
    text = re.sub(r'(\\*)"', r'\1\1\\"', text)
    text = re.sub(r"(\\+)$", r"\1\1", text)
    return f'"{text}"'


def _isapi(installation: Installation) -> ElementTree.Element:
    loader = str(installation.folder / "isapi" / "_dispatch.dll")
    root, server = _common({"modules": "IsapiModule", "scriptProcessor": loader, "requireAccess": "Execute"})
    handlers = server.find("handlers")
    assert handlers is not None
    handlers.set("accessPolicy", "Read, Execute, Script")
    return root


def _common(handler: Mapping[str, str]) -> tuple[ElementTree.Element, ElementTree.Element]:
    """The configuration that both ways need: everything goes to Kallithea, as it was sent and of any size."""
    root = ElementTree.Element("configuration")
    server = ElementTree.SubElement(root, "system.webServer")
    handlers = _cleared(server, "handlers")
    # Without a limit of 0, IIS keeps back the first megabytes of each answer.
    everything = {"name": "Kallithea", "path": "*", "verb": "*", "resourceType": "Unspecified", "responseBufferLimit": "0"}
    ElementTree.SubElement(handlers, "add", {**everything, **handler})
    # It takes PUT and DELETE for itself.
    ElementTree.SubElement(ElementTree.SubElement(server, "modules"), "remove", name="WebDAVModule")
    # Or IIS shows its own page in place of what hg, git and people are told.
    ElementTree.SubElement(server, "httpErrors", existingResponse="PassThrough")
    ElementTree.SubElement(server, "urlCompression", doStaticCompression="false", doDynamicCompression="false")
    security = ElementTree.SubElement(server, "security")
    # A repository may have files of any name, and a plus sign in its address.
    filtering = ElementTree.SubElement(security, "requestFiltering", allowDoubleEscaping="true", allowHighBitCharacters="true")
    ElementTree.SubElement(
        filtering, "requestLimits", maxAllowedContentLength=str(LARGEST_BODY), maxUrl="16384", maxQueryString="16384"
    )
    _cleared(filtering, "fileExtensions", allowUnlisted="true")
    _cleared(filtering, "verbs", allowUnlisted="true")
    _cleared(filtering, "hiddenSegments")
    _cleared(filtering, "denyUrlSequences")
    return root, server


def _cleared(parent: ElementTree.Element, name: str, **attributes: str) -> ElementTree.Element:
    """A collection without what it inherits."""
    collection = ElementTree.SubElement(parent, name, attributes)
    ElementTree.SubElement(collection, "clear")
    return collection


def _text(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    note = "<!-- Written by kallithea-cli iis-install; docs/deployment/iis.md explains it. -->"
    return f'<?xml version="1.0" encoding="utf-8"?>\n{note}\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _dispatch(installation: Installation) -> str:
    folder = installation.folder / "isapi"
    return f'''"""Kallithea in IIS by ISAPI; written by kallithea-cli iis-install. docs/deployment/iis.md explains it.

The loader DLL of pywin32 beside this file imports it. Run as an administrator, "python dispatch.py install" puts the DLL here
and makes the virtual directory; "python dispatch.py remove" takes it away again.
"""

import site
import sys

from isapi import ExtensionError
from isapi.threaded_extension import ThreadPoolExtension

INI = {str(installation.ini)!r}
LOG = {str(folder / "kallithea.log")!r}
VIRTUAL_DIRECTORY = {installation.mount or "/"!r}
PACKAGES = {[str(path) for path in installation.packages]!r}

for folder in PACKAGES:
    # IIS does not know the environment that Kallithea is installed in.
    if folder not in sys.path:
        site.addsitedir(folder)


class Extension(ThreadPoolExtension):
    "Kallithea"

    def __init__(self):
        from kallithea.config.iis.service import Service

        super().__init__()
        self.service = Service(INI, VIRTUAL_DIRECTORY.rstrip("/"), LOG, ExtensionError)
        self.max_workers = self.service.threads

    def GetExtensionVersion(self, vi):
        self.service.begin()
        super().GetExtensionVersion(vi)

    def Dispatch(self, ecb):
        self.service.answer(ecb)

    def HandleDispatchError(self, ecb):
        self.service.failed(ecb)


def __ExtensionFactory__():
    return Extension()


if __name__ == "__main__":
    from isapi.install import HandleCommandLine, ISAPIParameters, ScriptMapParams, VirtualDirParameters

    directory = VirtualDirParameters(
        Name=VIRTUAL_DIRECTORY,
        Description="Kallithea",
        Path={str(folder)!r},
        ScriptMaps=[ScriptMapParams(Extension="*", Flags=0)],
        ScriptMapUpdate="replace",
    )
    HandleCommandLine(ISAPIParameters(VirtualDirs=[directory]))
'''
