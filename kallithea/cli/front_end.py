"""kallithea-cli front-end-build: style sheets and scripts from their sources."""

import click

from kallithea import front_end_build as building
from kallithea.lib.errors import Unavailable


@click.command("front-end-build")
@click.option("--install-deps/--no-install-deps", default=True, help="Install the build tools first (npm ci).")
@click.option("--generate/--no-generate", default=True, help="Build the files.")
@click.option("--only-when-stale", is_flag=True, help="Do nothing when the built files fit the sources.")
def front_end_build(*, install_deps: bool, generate: bool, only_when_stale: bool) -> None:
    """Build the style sheets and scripts of the pages."""
    if only_when_stale and building.is_current():
        return
    try:
        if install_deps:
            building.install_dependencies()
        if generate:
            building.generate()
    except building.FrontEndError as error:
        raise Unavailable(error.message, hint=error.hint) from error
