"""Pages about one repository: its beginning, its forks, its numbers, its settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from kallithea.lib.vcs import (
    FilePath,
    Kind,
)
from kallithea.pages.create_repository import NewRepositoryValues, create_repository_page
from kallithea.pages.listing import Found
from kallithea.pages.repository.copying import CopyState, copying_page
from kallithea.pages.repository.followers import followers_page
from kallithea.pages.repository.fork import ForkValues, fork_page
from kallithea.pages.repository.forks import forks_page
from kallithea.pages.repository.readme import ShownReadme, shown_readme
from kallithea.pages.repository.settings import RepositorySettings, settings_page
from kallithea.pages.repository.statistics import statistics_page
from kallithea.pages.repository.summary import summary_page
from kallithea.services.statistics import Counted
from kallithea.services.tally import AuthorCount, Counts, EndingCount
from tests.pages.world import (
    COMMITS,
    EMPTY,
    ENTRIES,
    EVIL,
    EVIL_COMMIT,
    EVIL_ENTRIES,
    EVIL_LISTING,
    EVIL_REFS,
    EVIL_REPOSITORY,
    NO_REFS,
    NOON,
    README,
    REFS,
    SHOP,
    URLS,
    listing,
)

COUNTS = Counts(
    commits=1284,
    merges=211,
    undated=3,
    weeks=tuple((date(2023, 1, 2) + timedelta(days=7 * week), 3 + (week * 7) % 19) for week in range(150)),
    authors=tuple(
        AuthorCount(name, 600 // (place + 1), date(2023, 1, 2), date(2025, 11, 3))
        for place, name in enumerate(("Ann Author", "Bob Brown", "Zoë Ziegler", "Œuvre Ångström"))
    ),
    author_count=29,
    endings=(
        EndingCount(".py", 212, 1_240_000),
        EndingCount(".js", 40, 310_000),
        EndingCount(".html", 61, 92_000),
        EndingCount(".css", 9, 31_000),
        EndingCount(".png", 14, 800_000),
        EndingCount("", 7, 12_000),
    ),
)


def repository_samples() -> dict[str, Callable[[], object]]:
    """Each page on a good day, empty, and hostile."""

    def readme() -> ShownReadme:
        return shown_readme(URLS, "web/shop", "default", FilePath(b"README.md"), README)

    summary: dict[str, Any] = {
        "clone_url": "https://code.example.com/web/shop",
        "refs": REFS,
        "commit_count": 1001,
        "because": "group developers has write on web",
    }
    return {
        "create repository": lambda: create_repository_page(URLS, may_create_at_top=True),
        "create repository, hostile": lambda: create_repository_page(
            URLS,
            values=NewRepositoryValues(EVIL, Kind.GIT, EVIL, True),
            may_create_at_top=False,
            places=("web", EVIL),
            errors={"repo_name": "web/shop is taken.", "repo_type": EVIL, "repo_description": EVIL},
            error=EVIL,
        ),
        "summary": lambda: summary_page(
            URLS,
            SHOP,
            latest=COMMITS[:8],
            entries=ENTRIES,
            changes=dict(zip((entry.path for entry in ENTRIES), COMMITS, strict=False)),
            readme=readme(),
            **summary,
        ),
        "summary, empty git": lambda: summary_page(
            URLS,
            EMPTY,
            clone_ssh_url="ssh://kallithea@code.example.com/infra/deploy",
            clone_url="https://code.example.com/infra/deploy",
            refs=NO_REFS,
            latest=(),
            commit_count=0,
            entries=(),
            changes={},
            readme=None,
            because="you own it",
        ),
        "summary, hostile": lambda: summary_page(
            URLS,
            EVIL_REPOSITORY,
            clone_url=EVIL,
            refs=EVIL_REFS,
            latest=(EVIL_COMMIT,),
            commit_count=1,
            entries=EVIL_ENTRIES,
            changes={entry.path: EVIL_COMMIT for entry in EVIL_ENTRIES},
            is_complete=False,
            entry_count=2000,
            readme=shown_readme(URLS, EVIL, EVIL, FilePath(b"README.md"), EVIL.encode() + b"\n# " + EVIL.encode()),
            because=EVIL,
        ),
        "fork": lambda: fork_page(
            URLS, SHOP, values=ForkValues("shop", "web", "A copy"), places=("", "web"), must_be_private=False
        ),
        "fork, nowhere": lambda: fork_page(
            URLS, SHOP, values=ForkValues("shop", "", ""), places=(), must_be_private=True, error="Nothing can be made here."
        ),
        "fork, hostile": lambda: fork_page(
            URLS,
            EVIL_REPOSITORY,
            values=ForkValues(EVIL, EVIL, EVIL),
            places=(EVIL,),
            must_be_private=True,
            errors={"repo_name": EVIL, "repo_group": EVIL, "description": EVIL},
            error=EVIL,
        ),
        "forks": lambda: forks_page(URLS, SHOP, listing()),
        "forks, none": lambda: forks_page(URLS, EMPTY, Found([], 0)),
        "forks, hostile": lambda: forks_page(URLS, EVIL_REPOSITORY, EVIL_LISTING),
        "followers": lambda: followers_page(
            URLS, SHOP, names=("alice", "bob"), shown_names={"bob": "Bob B."}, total=12, page=1, page_size=2, does_follow=False
        ),
        "followers, none": lambda: followers_page(
            URLS, EMPTY, names=(), shown_names={}, total=0, page=1, page_size=25, does_follow=True
        ),
        "followers, hostile": lambda: followers_page(
            URLS, EVIL_REPOSITORY, names=(EVIL,), shown_names={EVIL: EVIL}, total=1, page=1, page_size=25, does_follow=None
        ),
        "copying": lambda: copying_page(URLS, EMPTY, state=CopyState.RUNNING, since=NOON),
        "copying, part of it": lambda: copying_page(URLS, EMPTY, state=CopyState.RUNNING, since=NOON, percent=37),
        "copying, impossible": lambda: copying_page(URLS, EMPTY, state=CopyState.IMPOSSIBLE, since=None),
        "copying, hostile": lambda: copying_page(URLS, EVIL_REPOSITORY, state=CopyState.RETRIED, since=NOON),
        "statistics": lambda: statistics_page(URLS, SHOP, Counted(COUNTS, 1284, 1284, NOON, None)),
        "statistics, under way": lambda: statistics_page(URLS, SHOP, Counted(COUNTS, 1284, 100_000, NOON, None)),
        "statistics, not begun": lambda: statistics_page(URLS, SHOP, Counted(None, 0, 0, None, None)),
        "statistics, empty": lambda: statistics_page(URLS, EMPTY, Counted(Counts(), 0, 0, NOON, None)),
        "statistics, hostile": lambda: statistics_page(
            URLS,
            EVIL_REPOSITORY,
            Counted(
                Counts(
                    commits=1,
                    authors=(AuthorCount(EVIL, 1, None, None),),
                    author_count=1,
                    endings=(EndingCount(EVIL, 1, 1),),
                ),
                1,
                1,
                NOON,
                None,
            ),
        ),
        "settings": lambda: settings_page(
            URLS, SHOP, number=7, values=RepositorySettings("web/shop", "Customer-facing shop", False, "alice")
        ),
        "settings, hostile": lambda: settings_page(
            URLS,
            EVIL_REPOSITORY,
            number=7,
            values=RepositorySettings(EVIL, EVIL, True, EVIL),
            errors={"repo_name": EVIL, "repo_description": EVIL, "owner": EVIL, "confirm": EVIL},
        ),
    }
