"""Which sources of sign-ins are asked, in which order, and with which settings: what administrators change while it runs."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kallithea.lib.errors import Conflict, Invalid, NotFound
from kallithea.lib.lazy import lazy
from kallithea.lib.sign_in.options import Option, options_of, read_options
from kallithea.lib.sign_in.registry import INTERNAL, source_class, source_names
from kallithea.lib.sign_in.sources import RedirectSource, Source
from kallithea.model import Setting
from kallithea.services.audit import Audit, Target, Value

log = logging.getLogger(__name__)

ORDER = "auth_plugins"
"""The setting with the names of the sources that are turned on, with commas between them; as in Kallithea 0.7."""
_PREFIX = "auth_"
SECRET = "(secret)"  # noqa: S105 - what stands for one


@dataclass(frozen=True, slots=True)
class Configured:
    """A source with its settings; `state` is another one for other settings."""

    source: Source
    new_people: str
    state: str

    @property
    def name(self) -> str:
        return self.source.name


@dataclass(frozen=True, slots=True)
class Offer:
    """A source that leads to another site, and what it calls itself."""

    name: str
    button: str


class SignInSources:
    """Reads and writes the list of sources and their settings. All are read at once, in one statement."""

    def __init__(self, session: Session, *, audit: Callable[[], Audit]) -> None:
        """`audit` is only called where something changes: reading must not ask who acts, which may depend on what is read."""
        self._session = session
        self._audit = audit

    def order(self) -> tuple[str, ...]:
        """The sources that are turned on and installed; the accounts kept here come first in any case and are not named."""
        words = (word.strip() for word in self._stored.get(ORDER, "").split(","))
        return tuple(dict.fromkeys(word for word in words if word in source_names()))

    def turned_on(self) -> list[Configured]:
        """Those of them that can be used; what is wrong with others is for the page of the settings and for the log."""
        found = []
        for name in self.order():
            try:
                found.append(self.configured(name))
            except (Invalid, NotFound, Conflict) as error:
                log.warning("The sign-in source %s is turned on and cannot be used: %s", name, error.message)
        return found

    def configured(self, name: str) -> Configured:
        """One source, turned on or not. Raises NotFound, Invalid by field, Conflict where something is not installed."""
        kind = self.kind(name)
        if missing := kind.missing():
            raise Conflict(f"{kind.title} cannot be used.", hint=missing)
        values = self.values(name)
        settings = read_options(kind.settings, values)
        state = hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()
        return Configured(kind(settings), settings.new_people, state)

    def redirecting(self, name: str) -> RedirectSource:
        """A source that is turned on and sends browsers to another site. Raises NotFound."""
        for one in self.turned_on():
            if one.name == name and isinstance(one.source, RedirectSource):
                return one.source
        raise NotFound("Nobody signs in this way here.")

    def offers(self) -> list[Offer]:
        """The sources that are turned on and that sign-in pages have a button for."""
        return [Offer(one.name, one.source.button) for one in self.turned_on() if isinstance(one.source, RedirectSource)]

    def kind(self, name: str) -> type[Source]:
        """The class of a source. Raises NotFound."""
        found = source_class(name)
        if found is None:
            raise NotFound("There is no such way to sign in.")
        return found

    def values(self, name: str) -> dict[str, str]:
        """What is stored for a source, by option."""
        prefix = f"{_PREFIX}{name}_"
        stored = {key.removeprefix(prefix): value for key, value in self._stored.items() if key.startswith(prefix)}
        return {one.name: stored[one.name] for one in options_of(self.kind(name).settings) if one.name in stored}

    def save(self, name: str, given: Mapping[str, str], *, cleared: Iterable[str] = ()) -> list[str]:
        """Store what a form said, and return which options changed. Raises NotFound, Invalid by field.

        What is left out stays, but for boxes, as browsers send none that is not ticked. A secret that is left empty stays what
        it is, unless it is among `cleared`.
        """
        options = options_of(self.kind(name).settings)
        before = self.values(name)
        after = {one.name: _after(one, given, before, one.name in set(cleared)) for one in options}
        read_options(self.kind(name).settings, after)
        changed = [one.name for one in options if before.get(one.name, one.text(one.default)) != after[one.name]]
        for option_name in changed:
            self._set(f"{_PREFIX}{name}_{option_name}", after[option_name])
        if changed:
            self._record_settings(name, [one for one in options if one.name in changed], before, after)
        return changed

    def turn_on(self, name: str) -> None:
        """Ask a source, after all others. Raises what `configured` raises: one that cannot be used is not turned on."""
        self.configured(name)
        if name not in self.order():
            self._set_order([*self.order(), name])

    def turn_off(self, name: str) -> None:
        """Ask a source no more. Its accounts stay, and open again when it is turned on."""
        if name in self.order():
            self._set_order([other for other in self.order() if other != name])

    def move_up(self, name: str) -> None:
        """Ask a source before the one that was asked before it."""
        order = [*self.order()]
        if name in order[1:]:
            at = order.index(name)
            order[at - 1 : at + 1] = [name, order[at - 1]]
            self._set_order(order)

    @lazy
    def _stored(self) -> dict[str, str]:
        rows = self._session.execute(
            select(Setting.name, Setting.value).where(Setting.name.startswith(_PREFIX, autoescape=True))
        )
        return {row.name: row.value for row in rows}

    def _set_order(self, names: Sequence[str]) -> None:
        before, after = [INTERNAL, *self.order()], [INTERNAL, *names]
        self._set(ORDER, ",".join(after))
        self._audit().record("sign_in.order", Target("sign_in", None, ""), before={"order": before}, after={"order": after})

    def _record_settings(
        self, name: str, changed: Sequence[Option], before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        def shown(values: Mapping[str, str]) -> dict[str, Value]:
            return {one.name: SECRET if one.is_secret else values.get(one.name, one.text(one.default)) for one in changed}

        self._audit().record("sign_in.settings", Target("sign_in", None, name), before=shown(before), after=shown(after))

    def _set(self, name: str, value: str) -> None:
        row = self._session.scalar(select(Setting).where(Setting.name == name))
        if row is None:
            self._session.add(Setting(name=name, value=value))
        else:
            row.value = value
        self._stored[name] = value


def _after(one: Option, given: Mapping[str, str], before: Mapping[str, str], is_cleared: bool) -> str:
    if one.kind is bool:
        return one.text(bool(given.get(one.name)))
    if one.is_secret:
        kept = "" if is_cleared else before.get(one.name, "")
        return given.get(one.name, "").strip() or kept
    return given.get(one.name, before.get(one.name, one.text(one.default))).strip()
