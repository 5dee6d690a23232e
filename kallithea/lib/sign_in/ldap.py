"""People of an LDAP directory, such as OpenLDAP or Active Directory: found by a search, proved by a bind."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kallithea.lib.errors import Unavailable
from kallithea.lib.sign_in.directory import LDAPS, PLAIN, START_TLS, Directory, Entry, Server
from kallithea.lib.sign_in.options import option
from kallithea.lib.sign_in.sources import PasswordSource, SourceSettings, VerifiedPerson

LONGEST_NAME = 255
LONGEST_PASSWORD = 1000
MOST_GROUPS = 1000
_PORTS = {PLAIN: 389, START_TLS: 389, LDAPS: 636}
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]{1,253})(?::(?P<port>[0-9]{1,5}))?")
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}|[0-9]+(\.[0-9]+){1,20}")


def _hosts(text: str) -> str | None:
    found = [_HOST.fullmatch(word) for word in _words(text)]
    if not found or not all(one and 0 < int(one["port"] or 1) < 65536 for one in found):
        return "Write names of hosts with commas between them, such as ldap1.example.com, ldap2.example.com:3389."
    return None


def _attribute(text: str) -> str | None:
    return None if _ATTRIBUTE.fullmatch(text) else "This is not the name of an attribute."


def _filter(text: str) -> str | None:
    if not (text.startswith("(") and text.endswith(")")):
        return "A filter is in parentheses, such as (objectClass=person)."
    depth, parts = 0, 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        parts += depth == 0
    return None if depth == 0 and parts == 1 else "The parentheses of the filter do not match."


def _group_filter(text: str) -> str | None:
    if "{dn}" not in text and "{login}" not in text:
        return "It needs {dn} or {login}, which stand for the person."
    return _filter(text)


@dataclass(frozen=True)
class LdapSettings(SourceSettings):
    """What `/_admin/auth/settings/ldap` asks for; most names are those of Kallithea 0.7."""

    host: str = option(
        "Servers",
        "Names of hosts, with commas between them; the next is asked where one does not answer. host:port for another port.",
        default="",
        needed=True,
        check=_hosts,
    )
    tls_kind: str = option(
        "Encryption",
        "Certificates and the names in them are always checked. Without encryption passwords cross the network in the clear.",
        default=LDAPS,
        choices=((LDAPS, "LDAPS, port 636"), (START_TLS, "StartTLS, port 389"), (PLAIN, "none, port 389")),
    )
    cacert_file: str = option(
        "Certificates", "A file on this server with the certificates to believe; empty: those of the system.", default=""
    )
    dn_user: str = option("Bind as", "The distinguished name that may search; empty: nobody in particular.", default="")
    dn_pass: str = option("Password to bind with", "The password of that name.", default="", secret=True)
    base_dn: str = option("Search below", "Where people are, such as ou=people,dc=example,dc=com.", default="", needed=True)
    search_scope: str = option(
        "Search scope",
        "How far below.",
        default="SUBTREE",
        choices=(("SUBTREE", "everything below"), ("LEVEL", "one level below"), ("BASE", "this entry alone")),
    )
    filter: str = option(
        "Filter", "Who of them may sign in, such as (memberOf=cn=developers,ou=groups,dc=example,dc=com).",
        default="(objectClass=person)", needed=True, check=_filter,
    )  # fmt: skip
    attr_login: str = option(
        "Attribute of the user name", "uid in OpenLDAP, sAMAccountName in Active Directory.",
        default="uid", needed=True, check=_attribute,
    )  # fmt: skip
    attr_id: str = option(
        "Attribute of the identity",
        "What is never given to somebody else: entryUUID in OpenLDAP, objectGUID in Active Directory.",
        default="entryUUID",
        needed=True,
        check=_attribute,
    )
    attr_email: str = option("Attribute of the e-mail address", "Empty: none.", default="mail", check=_attribute)
    attr_firstname: str = option("Attribute of the first name", "Empty: none.", default="givenName", check=_attribute)
    attr_lastname: str = option("Attribute of the last name", "Empty: none.", default="sn", check=_attribute)
    attr_groups: str = option(
        "Attribute of the groups",
        "An attribute of people that names their groups, such as memberOf; empty: none, or a search.",
        default="",
        check=_attribute,
    )
    group_base: str = option(
        "Search groups below", "Where groups are, if they have to be searched for; empty: no search.", default=""
    )
    group_filter: str = option(
        "Filter of groups",
        "What finds the groups of a person: {dn} is its distinguished name, {login} its user name.",
        default="(|(member={dn})(uniqueMember={dn})(memberUid={login}))",
        needed=True,
        check=_group_filter,
    )
    attr_group_name: str = option("Attribute of the name of a group", "", default="cn", needed=True, check=_attribute)
    timeout: int = option("Patience", "Seconds to wait for a server at each step.", default=5, limits=(1, 30))

    @property
    def servers(self) -> tuple[Server, ...]:
        """The servers in the order in which they are asked."""
        found = []
        for word in _words(self.host):
            host = _HOST.fullmatch(word)
            assert host
            port = int(host["port"] or _PORTS[self.tls_kind])
            found.append(Server(host["name"].strip("[]"), port, self.tls_kind, self.cacert_file, self.timeout))
        return tuple(found)


class LdapSource(PasswordSource):
    """`ldap` in the list of sources."""

    name = "ldap"
    title = "LDAP, Active Directory"
    about = "People sign in with the name and the password that they have in a directory."
    settings = LdapSettings
    modules = ("ldap3",)
    extra = "ldap"

    def __init__(self, settings: LdapSettings) -> None:
        self._settings = settings

    def verify(self, name: str, password: str) -> VerifiedPerson | None:
        login = name.strip()
        # No bind is tried with an empty password, which servers take for nobody in particular and let pass.
        if not 0 < len(login) <= LONGEST_NAME or not 0 < len(password) <= LONGEST_PASSWORD or "\0" in login + password:
            return None
        settings = self._settings
        directory = Directory(settings.servers, settings.dn_user, settings.dn_pass)
        try:
            entry = self._entry(directory, login)
            if entry is None:
                # As many steps as for a wrong password, for whoever measures which names there are.
                directory.opens(f"cn=nobody,{settings.base_dn}", password)
                return None
            return self._person(directory, entry) if directory.opens(entry.dn, password) else None
        finally:
            directory.close()

    def _entry(self, directory: Directory, login: str) -> Entry | None:
        """The one entry of that name; two that have it are none."""
        settings = self._settings
        wanted = [
            settings.attr_login, settings.attr_id, settings.attr_email,
            settings.attr_firstname, settings.attr_lastname, settings.attr_groups,
        ]  # fmt: skip
        found = directory.search(
            settings.base_dn,
            f"(&{settings.filter}({settings.attr_login}={escaped(login)}))",
            scope=settings.search_scope,
            attributes=[name for name in wanted if name],
            at_most=2,
        )
        return found[0] if len(found) == 1 else None

    def _person(self, directory: Directory, entry: Entry) -> VerifiedPerson:
        settings = self._settings
        subject, login = entry.text(settings.attr_id), entry.text(settings.attr_login)
        if not subject or not login:
            raise Unavailable(
                f"The directory does not tell the {settings.attr_id if login else settings.attr_login} of this entry.",
                hint="An administrator has to look at the settings of the directory.",
            )
        names = (entry.text(settings.attr_firstname), entry.text(settings.attr_lastname))
        return VerifiedPerson(
            subject=subject,
            name=login,
            email=entry.text(settings.attr_email),
            full_name=" ".join(name for name in names if name),
            groups=self._groups(directory, entry, login),
        )

    def _groups(self, directory: Directory, entry: Entry, login: str) -> frozenset[str] | None:
        """The groups, each by its whole name and by its short one; None where the settings tell of none."""
        settings = self._settings
        if not settings.attr_groups and not settings.group_base:
            return None
        names = {*entry.texts(settings.attr_groups)}
        if settings.group_base:
            query = settings.group_filter.replace("{dn}", escaped(entry.dn)).replace("{login}", escaped(login))
            name = settings.attr_group_name
            for group in directory.search(settings.group_base, query, scope="SUBTREE", attributes=[name], at_most=MOST_GROUPS):
                names |= {group.dn, *group.texts(name)}
        return frozenset(names | {short for whole in names if (short := first_value(whole))})


def escaped(text: str) -> str:
    """A text as a value in a filter (RFC 4515, section 3): nothing in it has a meaning any more."""
    return "".join(
        character if character.isalnum() and character.isascii() else "".join(f"\\{byte:02x}" for byte in character.encode())
        for character in text
    )


def first_value(dn: str) -> str:
    """The value at the beginning of a distinguished name, `staff` of `cn=staff,ou=groups`; empty for what is none."""
    from ldap3.core.exceptions import LDAPInvalidDnError
    from ldap3.utils.dn import parse_dn

    try:
        return str(parse_dn(dn)[0][1])
    except (LDAPInvalidDnError, IndexError):
        return ""


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word]
