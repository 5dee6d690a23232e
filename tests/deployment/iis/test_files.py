"""What iis-install writes is what IIS reads, whatever the names of folders are."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PureWindowsPath
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.config.iis.files import Installation, mount_of, written
from kallithea.lib.errors import ConfigError
from tests.clients.server import CHECKOUT
from tests.deployment.iis.schema import complaints

USUAL = Installation(
    ini=PureWindowsPath(r"C:\kallithea\my.ini"),
    folder=PureWindowsPath(r"C:\kallithea\iis"),
    mount="/scm",
    python=PureWindowsPath(r"C:\kallithea\env\Scripts\python.exe"),
    packages=(PureWindowsPath(r"C:\kallithea\env\Lib\site-packages"),),
)
HOSTILE = r"""D:\Program Files\R&D <"it's"> ]]> é\{x}\n"""
STRANGE = Installation(
    ini=PureWindowsPath(HOSTILE, "my site.ini"),
    folder=PureWindowsPath(HOSTILE, "iis"),
    mount="",
    python=PureWindowsPath(HOSTILE, "python.exe"),
    packages=(PureWindowsPath(HOSTILE, "site-packages"), PureWindowsPath("E:/other")),
)
WEB_CONFIGS = ("http-platform/web.config", "isapi/web.config")

both_ways = pytest.mark.parametrize("name", WEB_CONFIGS)
any_names = pytest.mark.parametrize("installation", [USUAL, STRANGE], ids=["usual", "strange"])


def _server(installation: Installation, name: str) -> ElementTree.Element:
    server = ElementTree.fromstring(written(installation)[name].encode()).find("system.webServer")
    assert server is not None
    return server


def _attributes(installation: Installation, name: str, path: str) -> Mapping[str, str]:
    element = _server(installation, name).find(path)
    assert element is not None, path
    return element.attrib


@both_ways
@any_names
def test_web_config_is_what_iis_accepts(installation: Installation, name: str) -> None:
    assert complaints(written(installation)[name]) == []


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("<handlers><add name='a' path='*'/></handlers>", "needs verb"),
        ("<httpPlatform processPath='x' requestTimeout='1:00'/>", "requestTimeout may not be 1:00"),
        ("<httpPlatform processPath='x' requestTimeout='31.00:00:00'/>", "requestTimeout may not be 31.00:00:00"),
        ("<httpPlatform processPath='x' port='1'/>", "no attribute port"),
        ("<security><requestFiltering><requestLimits maxUrl='4294967296'/></requestFiltering></security>", "maxUrl may not be"),
        ("<modules/><modules/>", "modules twice"),
        ("<httpErrors>text</httpErrors>", "has text"),
        ("<httpRuntime/>", "no element httpRuntime"),
    ],
)
def test_the_check_notices_what_iis_would_not_accept(wrong: str, complaint: str) -> None:
    found = complaints(f"<configuration><system.webServer>{wrong}</system.webServer></configuration>")

    assert len(found) == 1
    assert complaint in found[0]


@both_ways
def test_everything_goes_to_kallithea_and_nothing_else(name: str) -> None:
    handlers = _server(USUAL, name).find("handlers")
    assert handlers is not None

    assert [element.tag for element in handlers] == ["clear", "add"]
    assert (handlers[1].get("path"), handlers[1].get("verb"), handlers[1].get("resourceType")) == ("*", "*", "Unspecified")


@both_ways
def test_answers_are_not_held_back(name: str) -> None:
    assert _attributes(USUAL, name, "handlers/add")["responseBufferLimit"] == "0"


@both_ways
def test_bodies_may_be_as_large_as_iis_can_say(name: str) -> None:
    limits = _attributes(USUAL, name, "security/requestFiltering/requestLimits")

    assert int(limits["maxAllowedContentLength"]) == 2**32 - 1


@both_ways
@pytest.mark.parametrize("collection", ["hiddenSegments", "fileExtensions", "verbs", "denyUrlSequences"])
def test_no_name_of_a_file_is_filtered(name: str, collection: str) -> None:
    found = _server(USUAL, name).find(f"security/requestFiltering/{collection}")
    assert found is not None

    assert [element.tag for element in found] == ["clear"]


@both_ways
def test_plus_signs_are_allowed(name: str) -> None:
    assert _attributes(USUAL, name, "security/requestFiltering")["allowDoubleEscaping"] == "true"


@both_ways
def test_webdav_takes_no_methods(name: str) -> None:
    assert _attributes(USUAL, name, "modules/remove") == {"name": "WebDAVModule"}


@both_ways
def test_clients_get_the_errors_of_kallithea(name: str) -> None:
    assert _attributes(USUAL, name, "httpErrors") == {"existingResponse": "PassThrough"}


def test_a_transfer_may_take_more_than_an_hour() -> None:
    hours = int(_attributes(USUAL, WEB_CONFIGS[0], "httpPlatform")["requestTimeout"].partition(":")[0])

    assert hours >= 1


def test_process_is_told_the_ini_file_and_the_prefix() -> None:
    platform = _attributes(USUAL, WEB_CONFIGS[0], "httpPlatform")

    assert platform["processPath"] == r"C:\kallithea\env\Scripts\python.exe"
    assert platform["arguments"] == r"-m kallithea.config.iis.http_platform C:\kallithea\my.ini /scm"


def test_path_with_spaces_is_one_argument() -> None:
    spaced = Installation(PureWindowsPath(r"C:\Our Code\my.ini"), USUAL.folder, "", USUAL.python, USUAL.packages)

    assert _attributes(spaced, WEB_CONFIGS[0], "httpPlatform")["arguments"].endswith(r' "C:\Our Code\my.ini"')


@given(name=st.text(alphabet='ab \\"\t', max_size=12).map(" ".__add__))
def test_argument_is_quoted_as_windows_takes_it_apart(name: str) -> None:
    path = PureWindowsPath("C:/x", "my.ini")
    written_arguments = _attributes(replace(USUAL, ini=path, mount=name), WEB_CONFIGS[0], "httpPlatform")["arguments"]

    expected = ["-m", "kallithea.config.iis.http_platform", str(path), *filter(None, [name])]
    assert written_arguments == subprocess.list2cmdline(expected)


@any_names
def test_dispatch_script_has_the_names_as_they_are(installation: Installation) -> None:
    script = ast.parse(written(installation)["isapi/dispatch.py"])

    constants = {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in script.body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }
    assert constants == {
        "INI": str(installation.ini),
        "LOG": str(installation.folder / "isapi" / "kallithea.log"),
        "VIRTUAL_DIRECTORY": installation.mount or "/",
        "PACKAGES": [str(path) for path in installation.packages],
    }


@pytest.mark.parametrize(
    ("given", "mount"), [("/", ""), ("", ""), ("scm", "/scm"), ("/scm/", "/scm"), ("/a/b-c_d.e", "/a/b-c_d.e")]
)
def test_virtual_directory_is_a_path_or_the_root(given: str, mount: str) -> None:
    assert mount_of(given) == mount


@pytest.mark.parametrize("given", ["/a b", "/a//b", "/..", "/a/../b", '/"', "/a?b", "/a\nb", "C:\\a", "/<x>"])
def test_virtual_directory_that_is_no_path_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="virtual directory"):
        mount_of(given)


@pytest.mark.parametrize("name", [*WEB_CONFIGS, "isapi/dispatch.py"])
def test_page_of_the_documentation_shows_what_is_written(name: str) -> None:
    page = (CHECKOUT / "docs" / "deployment" / "iis.md").read_text(encoding="utf-8")

    shown = re.findall(r"^```(?:xml|python)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert written(USUAL)[name] in shown
