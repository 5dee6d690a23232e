"""Who may do what with one repository or group: the part that the permission pages of both share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.parts import Choice, Link, choices, one_line, shown_errors
from kallithea.pages.urls import Urls

ACCESSES = (("read", "read"), ("write", "read and push"), ("admin", "administer"))
NO_ACCESS = (("none", "nothing, only create"),)


@dataclass(frozen=True, slots=True)
class GrantItem:
    """A grant as the builder takes it.

    `principal` as the command line writes it (`user:alice`, `group:devs`, `anyone`, `members`), `name` as people say it.
    `inherited_from` is the path of the group that gives it, None for the place's own; `is_in_force` is False where
    something, such as a private repository, takes it away.
    """

    principal: str
    name: str
    access: str
    inherited_from: str | None = None
    may_create: bool = False
    is_in_force: bool = True


@dataclass(frozen=True, slots=True)
class WhyItem:
    """The answer to who may do what, as the builder takes it: the steps in their order, and whether each counts."""

    who: str
    conclusion: str = ""
    steps: Sequence[tuple[str, bool]] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class GrantValues:
    """What was typed into the form for another grant."""

    principal: str = ""
    access: str = "read"
    may_create: bool = False


@dataclass(frozen=True, slots=True)
class GrantLine:
    principal: str
    name: str
    access_text: str
    accesses: tuple[Choice, ...]
    origin: Link | None
    may_create: bool
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class Reason:
    text: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Why:
    """`who` is what was asked; without an error, `conclusion` is what that person may do and `reasons` is why."""

    who: str
    conclusion: str
    reasons: tuple[Reason, ...]
    error: str


@dataclass(frozen=True, slots=True)
class GrantsPart:
    """Adding and changing post `principal`, `access` and, on a group, `may_create`; removing posts `principal`; the switch
    posts `inherits`. All lead to a page that says who gains and who loses. Asking why gets `who`."""

    owner: str
    is_private: bool
    is_group: bool
    inherits: bool
    own: tuple[GrantLine, ...]
    inherited: tuple[GrantLine, ...]
    new: GrantValues
    new_accesses: tuple[Choice, ...]
    why: Why | None
    errors: Mapping[str, str]
    save_url: str
    delete_url: str
    inherit_url: str
    why_url: str


def grants_part(
    urls: Urls,
    *,
    address: str,
    owner: str,
    grants: Sequence[GrantItem],
    inherits: bool,
    is_private: bool = False,
    is_group: bool = False,
    new: GrantValues = GrantValues(),
    why: WhyItem | None = None,
    errors: Mapping[str, str] | None = None,
) -> GrantsPart:
    """The part of the page at `address`: the grants, own ones first, and the forms that change them."""
    return GrantsPart(
        owner=one_line(owner),
        is_private=is_private,
        is_group=is_group,
        inherits=inherits,
        own=tuple(_line(urls, grant) for grant in grants if grant.inherited_from is None),
        inherited=tuple(_line(urls, grant) for grant in grants if grant.inherited_from is not None),
        new=new,
        new_accesses=choices((*(NO_ACCESS if is_group else ()), *ACCESSES), new.access),
        why=_why(why) if why else None,
        errors=shown_errors(errors),
        save_url=address,
        delete_url=f"{address}/delete",
        inherit_url=f"{address}/inherit",
        why_url=address,
    )


def _line(urls: Urls, grant: GrantItem) -> GrantLine:
    # What is there stays to be chosen, also where it could not be given anew.
    offered = (*(NO_ACCESS if grant.access == "none" else ()), *ACCESSES)
    return GrantLine(
        principal=grant.principal,
        name=one_line(grant.name),
        access_text=dict((*NO_ACCESS, *ACCESSES)).get(grant.access, one_line(grant.access)),
        accesses=choices(offered, grant.access),
        origin=_origin(urls, grant.inherited_from),
        may_create=grant.may_create,
        is_in_force=grant.is_in_force,
    )


def _why(item: WhyItem) -> Why:
    steps = tuple(Reason(one_line(text), counts) for text, counts in item.steps)
    return Why(item.who, one_line(item.conclusion), steps, one_line(item.error))


def _origin(urls: Urls, group: str | None) -> Link | None:
    """Where a grant comes from; the empty path is the top, above all groups."""
    if group is None:
        return None
    return Link(one_line(group), urls.group(group)) if group else Link("everywhere", urls.home())
