"""A real OpenLDAP of the tests' own: on free ports of this machine, with its own certificate, gone with the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.ports import free_ports

PATIENCE = 60.0
SUFFIX = "dc=example,dc=com"
PEOPLE, GROUPS = f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"
READER, READER_PASSWORD = f"cn=reader,{SUFFIX}", "a reader's word"
ROOT, ROOT_PASSWORD = f"cn=root,{SUFFIX}", "the root's word"
PASSWORD = "a word of the directory"
SCHEMAS = Path("/etc/ldap/schema")

CONFIGURATION = """
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
include {schemas}/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
TLSCertificateFile {folder}/certificate.pem
TLSCertificateKeyFile {folder}/key.pem
allow bind_v2
{more}
database mdb
suffix "{suffix}"
rootdn "{root}"
rootpw "{root_password}"
directory {folder}/data
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.base="{reader}" read by * none
"""

# Who has an odd name has one that a filter could take for more than a name.
ENTRIES = f"""
dn: {SUFFIX}
objectClass: domain
dc: example

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: {GROUPS}
objectClass: organizationalUnit
ou: groups

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {READER_PASSWORD}

dn: uid=erna,{PEOPLE}
objectClass: inetOrgPerson
uid: erna
cn: Erna Example
givenName: Erna
sn: Example
mail: erna@example.com
userPassword: {PASSWORD}

dn: uid=otto,{PEOPLE}
objectClass: inetOrgPerson
uid: otto
cn: Otto Other
sn: Other
userPassword: {PASSWORD} of otto

dn: cn=first twin,{PEOPLE}
objectClass: inetOrgPerson
uid: twin
cn: first twin
sn: Twin
userPassword: {PASSWORD}

dn: cn=second twin,{PEOPLE}
objectClass: inetOrgPerson
uid: twin
cn: second twin
sn: Twin
userPassword: {PASSWORD}

dn: cn=no password,{PEOPLE}
objectClass: inetOrgPerson
uid: nopassword
cn: no password
sn: Password

dn: cn=staff,{GROUPS}
objectClass: groupOfNames
cn: staff
member: uid=erna,{PEOPLE}

dn: cn=other\\, group,{GROUPS}
objectClass: groupOfNames
cn: other, group
member: uid=otto,{PEOPLE}

dn: cn=unix,{GROUPS}
objectClass: posixGroup
cn: unix
gidNumber: 5000
memberUid: erna
"""


@dataclass
class LdapServer:
    """A running slapd. Its certificate is for `localhost` and nothing else."""

    folder: Path
    port: int
    tls_port: int
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def authorities(self) -> str:
        return str(self.folder / "certificate.pem")

    def settings(self, **more: str) -> dict[str, str]:
        """What makes the source ask this server, over LDAPS."""
        return {
            "new_people": "create",
            "host": f"localhost:{self.tls_port}",
            "tls_kind": "LDAPS",
            "cacert_file": self.authorities,
            "dn_user": READER,
            "dn_pass": READER_PASSWORD,
            "base_dn": PEOPLE,
            "attr_groups": "memberOf",
            **more,
        }

    def log(self) -> str:
        """What it was asked, a line for each thing."""
        return (self.folder / "slapd.log").read_text(errors="replace")


@contextmanager
def running_slapd(folder: Path, *, more: str = "") -> Iterator[LdapServer]:
    """A slapd in a folder of its own; skips the test where there is none."""
    paths = os.environ.get("PATH", "") + ":/usr/sbin"
    slapd, add = shutil.which("slapd", path=paths), shutil.which("ldapadd", path=paths)
    if slapd is None or add is None:
        pytest.skip("slapd and ldap-utils are not installed")
    (folder / "data").mkdir(parents=True)
    certificate(folder, "localhost")
    configuration = folder / "slapd.conf"
    configuration.write_text(
        CONFIGURATION.format(
            schemas=SCHEMAS, folder=folder, suffix=SUFFIX, root=ROOT, root_password=ROOT_PASSWORD, reader=READER, more=more
        )
    )
    port, tls_port = free_ports(2)
    urls = f"ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/"
    with (folder / "slapd.log").open("wb") as log:
        process = subprocess.Popen([slapd, "-f", str(configuration), "-h", urls, "-d", "256"], stdout=log, stderr=log)
    server = LdapServer(folder, port, tls_port, process)
    try:
        _wait_until_open(server)
        command = [add, "-x", "-H", f"ldap://127.0.0.1:{port}", "-D", ROOT, "-w", ROOT_PASSWORD]
        subprocess.run(command, input=ENTRIES.encode(), check=True, capture_output=True, timeout=PATIENCE)
        yield server
    finally:
        process.kill()
        process.wait()


def certificate(folder: Path, name: str) -> None:
    """A certificate for one name, and its key."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"), "-subj", f"/CN={name}"]
    subprocess.run([*command, "-addext", f"subjectAltName=DNS:{name}"], check=True, capture_output=True, timeout=PATIENCE)


def _wait_until_open(server: LdapServer) -> None:
    until = time.monotonic() + PATIENCE
    while server.process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"slapd does not start: {server.log()}")
