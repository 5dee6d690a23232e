"""Pages about who may do what, and about the keys and tokens of a repository."""

from __future__ import annotations

from collections.abc import Callable

from kallithea.lib.access import Access
from kallithea.pages.account.permissions import my_permissions_page
from kallithea.pages.admin.addresses import addresses_page
from kallithea.pages.admin.permissions import site_permissions_page
from kallithea.pages.admin.permissions_of import permissions_of_page
from kallithea.pages.grants import WhyItem
from kallithea.pages.holdings import HoldingItem, holdings_part
from kallithea.pages.repository.deploy_keys import deploy_keys_page
from kallithea.pages.repository.deploy_tokens import NewDeployTokenValues, deploy_tokens_page
from kallithea.pages.repository.permissions import permissions_page
from kallithea.pages.token_parts import fresh_token
from kallithea.services.deploy_tokens import DeployTokenFacts
from tests.pages.world import (
    EMPTY,
    EVIL,
    EVIL_GRANTS,
    EVIL_REPOSITORY,
    EVIL_SSH_KEYS,
    NOON,
    SHOP,
    SSH_KEYS,
    URLS,
    grants,
)

DEPLOY_TOKENS = (
    DeployTokenFacts(2, "web server", Access.READ, NOON, None, False, NOON, "2001:db8::7"),
    DeployTokenFacts(1, "old build", Access.WRITE, NOON, NOON, True, None, ""),
)


HOLDINGS = holdings_part(
    URLS,
    (HoldingItem("web", True, "read"), HoldingItem("web/shop", False, "admin")),
    who="bob",
    first_url=URLS.my_permissions(),
    next_url=URLS.my_permissions(after="web/shop"),
)


EVIL_HOLDINGS = holdings_part(URLS, (HoldingItem(EVIL, True, EVIL),), who=EVIL, next_url=URLS.permissions_of(EVIL, after=EVIL))


def permission_samples() -> dict[str, Callable[[], object]]:
    """Each page on a good day, empty, and hostile."""
    return {
        "site permissions": lambda: site_permissions_page(
            URLS, public_access=True, new_are_private=False, new_are_read_by="anyone"
        ),
        "site permissions, hostile": lambda: site_permissions_page(
            URLS, public_access=False, new_are_private=True, new_are_read_by=EVIL, errors={"default_reader": EVIL}
        ),
        "address lists": lambda: addresses_page(
            URLS, who="", networks="192.0.2.0/24\n2001:db8::/32", own_address="192.0.2.7", personal=("bob", "carla")
        ),
        "address lists, hostile": lambda: addresses_page(
            URLS, who=EVIL, networks=EVIL, own_address=EVIL, personal=(EVIL,), errors={"networks": EVIL, "who": EVIL}
        ),
        "permissions of": lambda: permissions_of_page(URLS, who="bob", holdings=HOLDINGS),
        "permissions of, hostile": lambda: permissions_of_page(URLS, who=EVIL, holdings=EVIL_HOLDINGS, error=EVIL),
        "my permissions": lambda: my_permissions_page(URLS, HOLDINGS),
        "my permissions, none": lambda: my_permissions_page(URLS, holdings_part(URLS, ())),
        "my permissions, hostile": lambda: my_permissions_page(URLS, EVIL_HOLDINGS),
        "deploy keys": lambda: deploy_keys_page(URLS, SHOP, SSH_KEYS, is_served=True),
        "deploy keys, none": lambda: deploy_keys_page(URLS, EMPTY, (), is_served=False),
        "deploy keys, hostile": lambda: deploy_keys_page(
            URLS,
            EVIL_REPOSITORY,
            EVIL_SSH_KEYS,
            is_served=True,
            public_key=EVIL,
            description=EVIL,
            errors={"public_key": EVIL, "description": EVIL, "access": EVIL},
        ),
        "permissions": lambda: permissions_page(URLS, SHOP, grants()),
        "permissions, none": lambda: permissions_page(
            URLS, EMPTY, grants(items=(), why=WhyItem("x", error="There is no user x."))
        ),
        "permissions, hostile": lambda: permissions_page(URLS, EVIL_REPOSITORY, EVIL_GRANTS),
        "deploy tokens": lambda: deploy_tokens_page(URLS, SHOP, tokens=DEPLOY_TOKENS),
        "deploy tokens, none": lambda: deploy_tokens_page(
            URLS, EMPTY, tokens=(), fresh=fresh_token("web server", f"kald_{'a2' * 20}")
        ),
        "deploy tokens, hostile": lambda: deploy_tokens_page(
            URLS,
            EVIL_REPOSITORY,
            tokens=(DeployTokenFacts(1, EVIL, Access.WRITE, NOON, NOON, True, NOON, EVIL),),
            values=NewDeployTokenValues(EVIL, EVIL, EVIL),
            errors={"name": EVIL, "access": EVIL, "expires": EVIL},
            fresh=fresh_token(EVIL, "kal_"),
        ),
    }
