"""Metadata and packaging; building a wheel builds the front end first when it is missing or stale."""

import importlib.util
import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent

# Each with its reason in docs/adr/0002-dependencies.md.
REQUIRED = [
    "TurboGears2 >= 2.5.1, < 2.6",
    "crank >= 0.8",
    "gearbox >= 0.5",
    "PasteDeploy >= 3.1",
    "waitress >= 3.0.1",
    "whitenoise >= 6.8",
    "WebOb >= 1.8.8",
    "Jinja2 >= 3.1.6",
    "MarkupSafe >= 2.1",
    "SQLAlchemy >= 2.0.36",
    "alembic >= 1.14",
    "mercurial >= 7.0",
    "dulwich >= 1.2.5",
    "click >= 8.1.8",
    "Pygments >= 2.19",
    "docutils >= 0.20",
    "markdown-it-py >= 3.0",
    "mdit-py-plugins >= 0.4",
    "nh3 >= 0.2.22",
    "argon2-cffi >= 23.1",
    "segno >= 1.6.1",
    "tzdata >= 2025.1; sys_platform == 'win32'",
]

EXTRAS = {
    "postgresql": ["psycopg[binary] >= 3.2"],
    "mysql": ["PyMySQL >= 1.1"],
    "redis": ["redis >= 5.0"],
    "celery": ["celery >= 5.4", "redis >= 5.0"],
    "issue-patterns": ["google-re2 >= 1.1.20240702"],
    "ldap": ["ldap3 >= 2.9.1", "pyasn1 >= 0.4.8, < 0.7"],
    "oidc": ["joserfc >= 1.6"],
    "pam": ["python-pam >= 2.0.2"],
    "zstd": ["backports.zstd >= 1.0; python_version < '3.14'"],
    "metrics": ["prometheus-client >= 0.21"],
    "passkeys": ["webauthn >= 2.7"],
    "iis": ["pywin32 >= 306; sys_platform == 'win32'"],
    "test": [
        "aiosmtpd >= 1.4.6",
        "backports.zstd >= 1.0; python_version < '3.14'",
        "beautifulsoup4 >= 4.12",
        "celery >= 5.4",
        "cyclonedx-python-lib[json-validation] >= 8.5",
        "gevent >= 24.10",
        "google-re2 >= 1.1.20240702",
        "gunicorn >= 25.1",
        "hypothesis >= 6.100",
        "import-linter >= 2.1",
        "joserfc >= 1.6",
        "ldap3 >= 2.9.1",
        "mypy >= 1.14",
        "packaging >= 24.0",
        "playwright >= 1.49",
        "prometheus-client >= 0.21",
        "psycopg[binary] >= 3.2",
        "PyMySQL >= 1.1",
        "pytest >= 8.3",
        "python-pam >= 2.0.2",
        "pytest-xdist >= 3.6",
        "pyuwsgi >= 2.0.28; sys_platform != 'win32'",
        "redis >= 5.0",
        "ruff >= 0.9",
        "types-docutils",
        "types-ldap3",
        "types-Pygments",
        "uv >= 0.9",
        "webauthn >= 2.7",
        "WebTest >= 3.0.2",
    ],
}


def version():
    """The version that the package states, read without importing it."""
    text = (HERE / "kallithea" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)[1]


def front_end():
    """The module that builds the front end, loaded without the package around it."""
    spec = importlib.util.spec_from_file_location("front_end_build", HERE / "kallithea" / "front_end_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class BuildWithFrontEnd(build_py):
    """Also puts the built front end and the ini template into the package."""

    def run(self):
        if not self.editable_mode:
            self._build_front_end()
        super().run()
        if not self.editable_mode:
            shutil.copy(HERE / "development.ini.tmpl", Path(self.build_lib) / "kallithea" / "config")

    def _build_front_end(self):
        building = front_end()
        if building.is_current():
            return
        try:
            building.install_dependencies()
            building.generate()
        except building.FrontEndError as error:
            raise SystemExit(f"error: {error.message}\nhint: {error.hint}") from error
        # Which files there are was found out before they were built.
        self.__dict__.pop("data_files", None)


setup(
    name="kallithea",
    version=version(),
    description="A self-hosted home for Mercurial and Git repositories",
    long_description=(HERE / "README.md").read_text(encoding="utf-8") if (HERE / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="GPL-3.0-or-later",
    license_files=["LICENSE"],
    python_requires=">=3.10",
    packages=find_packages(include=["kallithea", "kallithea.*"]),
    package_data={
        "kallithea": [
            *("py.typed", "templates/**", "migrations/**", "public/**", "public/.built-from", "i18n/**"),
            "config/deployment/templates/*",
        ],
    },
    exclude_package_data={"": ["__pycache__/*", "*.pyc"]},
    install_requires=REQUIRED,
    extras_require=EXTRAS,
    entry_points={
        "console_scripts": ["kallithea-cli = kallithea.cli:main"],
        "paste.app_factory": ["main = kallithea.config.application:make_app"],
        "paste.server_runner": [
            "waitress = kallithea.config.servers:run_waitress",
            "gevent = kallithea.config.servers:run_gevent",
        ],
    },
    cmdclass={"build_py": BuildWithFrontEnd},
    zip_safe=False,
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Web Environment",
        "Framework :: TurboGears",
        "Intended Audience :: Developers",
        "Programming Language :: Python :: 3",
        "Topic :: Software Development :: Version Control :: Git",
        "Topic :: Software Development :: Version Control :: Mercurial",
    ],
)
