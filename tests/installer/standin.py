"""A bundle with a few lines in place of Kallithea and pip: what the installer does is the same, in a tenth of the time."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

from bundling import pack
from bundling.own_wheel import write
from bundling.targets import PLATFORMS, SOURCES
from bundling.wheels import Downloaded
from kallithea import __version__
from kallithea.installer.platforms import Machine
from tests.installer.machines import this_series

# Its data are one line: the schema that they are of. This version works with 1 alone.
PROGRAM = r"""
import os, pathlib, sys

def option(name):
    return sys.argv[sys.argv.index(name) + 1]

def main():
    command = sys.argv[1]
    if command == "instance-create":
        data = pathlib.Path(option("--data"))
        data.mkdir(exist_ok=True)
        ini = data / "kallithea.ini"
        is_new = not ini.exists()
        if is_new:
            draft = data / "kallithea.ini.part"
            draft.write_text("1\n" + "x" * 4096)
            (data / "password").write_text(os.environ["KALLITHEA_PASSWORD"])
            draft.rename(ini)
        print("Kallithea: http://127.0.0.1:5000/" + ("  user: admin" if is_new else ""))
    elif command == "self-check":
        if pathlib.Path(option("-c")).read_text().split()[0] != "1":
            sys.exit("error: The database was made by a newer release (2) that this one cannot work with.")
    elif command == "deployment-create":
        (pathlib.Path(option("--output")) / "kallithea.service").write_text("x" * 4096)
"""


# Takes as long as nothing: the real one needs seconds to begin.
PIP = r"""
import pathlib, sys, sysconfig, zipfile

if "wheel" in sys.argv:
    target = pathlib.Path(sys.argv[sys.argv.index("--wheel-dir") + 1])
    target.mkdir(exist_ok=True)
    with zipfile.ZipFile(target / "compiled-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("compiled.py", "x = 1\n" * 5000)
    sys.exit()
for line in pathlib.Path(sys.argv[-1]).read_text().splitlines():
    zipfile.ZipFile(line.split()[0]).extractall(sysconfig.get_path("purelib"))
program = pathlib.Path(sys.executable).with_name("kallithea-cli")
program.write_text(f"#!{sys.executable}\nimport standin\nstandin.main()\n")
program.chmod(0o755)
"""


def bundle(folder: Path, *, of_sources: bool = False) -> Path:
    """The bundle, made once; it may be one in which something is compiled where it is installed."""
    folder.mkdir(exist_ok=True)
    platform = SOURCES if of_sources else PLATFORMS[Machine.this().platform]
    path = folder / f"kallithea-{__version__}-{platform.name}.pyz"
    if not path.exists():
        pip = folder / "pip-0-py3-none-any.whl"
        with zipfile.ZipFile(pip, "w") as archive:
            write(archive, "pip/__main__.py", PIP.encode())
            write(archive, "pip-0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: pip\nVersion: 0\n")
        sdists = [sdist(folder)] if of_sources else []
        pack.pack(folder, platform, wheel(folder), {this_series(): Downloaded([pip], (), sdists)})
    return path


def sdist(folder: Path) -> Path:
    """What would be compiled."""
    path = folder / "compiled-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in {"PKG-INFO": "Metadata-Version: 2.1\nName: compiled\nVersion: 1.0\n", "pyproject.toml": ""}.items():
            info = tarfile.TarInfo(f"compiled-1.0/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def wheel(folder: Path) -> Path:
    """The wheel of what stands in for Kallithea."""
    info = f"kallithea-{__version__}.dist-info"
    files = {
        "standin.py": PROGRAM,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: kallithea\nVersion: {__version__}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: standin\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nkallithea-cli = standin:main\n",
    }
    record = "".join(f"{name},sha256={_digest(text)},{len(text.encode())}\n" for name, text in files.items())
    path = folder / f"kallithea-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            write(archive, name, text.encode())
    return path


def _digest(text: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
