"""A fresh virtual environment from the wheels of a bundle: without ensurepip, which some systems lack, and without an index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from kallithea.installer.bundle import Bundle
from kallithea.installer.errors import Refused
from kallithea.installer.files import remove_tree, replace_text
from kallithea.installer.layout import Release

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

_NEVER_SERVED = (
    # Of other programs, or large tables of languages that few files are in.
    *("hgext", "setuptools", "pkg_resources", "tests?", "testing", "templates", "contrib", "cffi", "pycparser"),
    *("prompt_toolkit", "wcwidth", "click_repl", "celery", "kombu", "billiard", "amqp", "vine", "dateutil"),
    *(r"dulwich/(porcelain|cli\.py|cloud)", "sqlalchemy/ext/(asyncio|mypy)", r"pygments/lexers/_\w+_builtins\.py"),
    *("docutils/parsers/rst/languages", "docutils/(languages|writers/(latex2e|odf_odt|s5_html|xetex))", "kallithea/installer"),
    # What some settings need: the first command that is run with them makes it, and the self-check of an upgrade is one.
    *("redis", "ldap3", "pyasn1(_modules)?", "psycopg", "pymysql", "sqlalchemy/dialects/(mssql|oracle)", "prometheus_client"),
)
_RARELY_USED = f"site-packages/(.*/)?({'|'.join(_NEVER_SERVED)})(/|$)".replace("/", r"[/\\]")
"""What a server imports hardly ever: it has time enough to compile that itself."""
_FULL = "No space left on device"


def make(release: Release, log: TextIO) -> None:
    """An empty environment, in place of what a killed installer left there."""
    remove_tree(release.path)
    release.path.parent.mkdir(exist_ok=True)
    run([sys.executable, "-I", "-m", "venv", "--without-pip", str(release.path)], log)


def fill(release: Release, bundle: Bundle, wheels: Path, built: Mapping[str, str], log: TextIO) -> None:
    """Install the wheels, which lie in a folder, with those that were built there, and nothing else."""
    requirements = wheels / "requirements.txt"
    digests = {**{name: bundle.digest(name) for name in bundle.wheels(PYTHON)}, **built}
    requirements.write_text("".join(f"./{name} --hash=sha256:{it}\n" for name, it in digests.items()), encoding="utf-8")
    quiet = ["--no-index", "--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--no-compile", "--no-warn-script-location"]
    command = [*pip(release, bundle, wheels), "install", *quiet, "--ignore-installed", "--require-hashes"]
    run([*command, "-r", str(requirements)], log, folder=wheels)


def pip(release: Release, bundle: Bundle, wheels: Path) -> list[str]:
    """The pip in a folder of wheels, for a release; nobody's settings are read."""
    program = wheels / bundle.installing_wheel / "pip"
    return [str(release.python), "-I", str(program), "--isolated", "--disable-pip-version-check"]


def compile_all(release: Release, log: TextIO) -> None:
    """Byte-code for what a server imports, made on all processors."""
    # What templates of other packages hold need not be Python, so its exit code says nothing.
    command = [str(release.python), "-I", "-m", "compileall", "-q", "-j", "0", "-x", _RARELY_USED]
    subprocess.run([*command, str(release.path / _library())], stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)


def write_facts(release: Release, bundle: Bundle) -> None:
    """Say what was installed; only now the release is whole."""
    facts = {
        "version": bundle.version,
        "platform": bundle.platform,
        "python": sys.version.split()[0],
        "bundle": bundle.path.name,
        "sha256": bundle.sha256,
        "installed": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    replace_text(release.facts_file, json.dumps(facts, indent=1, sort_keys=True) + "\n")


def run(
    command: list[str],
    log: TextIO,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    told: Callable[[str], Refused] | None = None,
) -> str:
    """What a program printed; it goes into the log too. Raises Refused where it fails, with its last line or what is `told`."""
    log.write(f"$ {' '.join(command)}\n")
    log.flush()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    ended = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**inherited, **(environment or {})},
        encoding="utf-8",
        errors="backslashreplace",
        check=False,
    )
    log.write(ended.stdout)
    log.flush()
    if ended.returncode:
        raise failure(command, ended.stdout) if told is None or _FULL in ended.stdout else told(ended.stdout)
    return ended.stdout


def failure(command: list[str], said: str) -> Refused:
    """What a program that failed said, as a sentence of ours."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith("error: ")), lines[-1] if lines else "it said nothing")
    hint = next((line.removeprefix("hint: ") for line in lines if line.startswith("hint: ")), None)
    if _FULL in said:
        return Refused("There is no space left on the disk.", hint="Free some, and run the same command again.")
    if told.startswith("error: "):
        return Refused(told.removeprefix("error: "), hint=hint)
    return Refused(f"{Path(command[0]).name} failed: {told}")


def _library() -> str:
    return "Lib" if os.name == "nt" else "lib"
