"""Makes the vault with both stores; the one place that knows which kinds there are."""

from __future__ import annotations

from pathlib import Path

from kallithea.lib.vcs.git.store import GitStore
from kallithea.lib.vcs.hg.store import HgStore
from kallithea.lib.vcs.objects import Kind
from kallithea.lib.vcs.vault import Vault


def open_vault(root: Path, *, cache: Path, git_path: str = "git", helpers: int = 2) -> Vault:
    """The vault over `root`; what can be rebuilt is kept in `cache`. `helpers` is how many hg transfers run at once."""
    return Vault(
        root,
        {
            Kind.HG: HgStore(cache=cache / "hg", helpers=helpers),
            Kind.GIT: GitStore(cache=cache / "git", git_path=git_path),
        },
    )
