"""Kallithea inside Apache httpd, with mod_wsgi."""

from __future__ import annotations

from pathlib import Path

from kallithea.config.deployment.rendering import rendered
from kallithea.config.deployment.site import Deployment, File, Site

DEBIAN_LISTENS = (80, 443)
"""What ports.conf of Debian listens on, the second one where mod_ssl is enabled."""


def deployment(site: Site, *, user: str, group: str, python_home: Path, script: Path) -> Deployment:
    """A site of Apache as Debian keeps it in sites-available, and the script that it runs."""
    steps = (
        "save this as /etc/apache2/sites-available/kallithea.conf",
        *site.step_for_the_address(),
        f"a2enmod {' '.join(_modules(site))} && a2ensite kallithea",
        "apache2ctl configtest && systemctl reload apache2",
    )
    ports = {site.port} | ({site.tls.redirect_port} if site.tls and site.tls.redirect_port else set())
    text = rendered(
        "apache.conf",
        site=site,
        steps=steps,
        user=user,
        group=group,
        python_home=python_home,
        script=script,
        listens=[address for port in sorted(ports.difference(DEBIAN_LISTENS)) for address in _bound(site, port)],
        hosts=lambda port: " ".join(_bound(site, port, star="*:")),
    )
    return Deployment((File(Path("kallithea.conf"), text), File(script, rendered("entry.wsgi", site=site))), steps)


def _modules(site: Site) -> tuple[str, ...]:
    return "wsgi", *(("ssl",) if site.tls else ()), *(("headers",) if site.instance.static_files else ())


def _bound(site: Site, port: int, *, star: str = "") -> list[str]:
    """The port on the addresses to listen on; Apache itself knows what everywhere is."""
    return [str(address) for address in site.listening(port)] if site.addresses else [f"{star}{port}"]
