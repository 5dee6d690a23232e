"""nginx in front of Kallithea."""

from __future__ import annotations

from pathlib import Path

from kallithea.config.deployment.rendering import rendered
from kallithea.config.deployment.site import Deployment, File, Site


def deployment(site: Site) -> Deployment:
    """A site of nginx, as Debian keeps it in sites-available."""
    steps = (
        "save this as /etc/nginx/sites-available/kallithea.conf, and link to it in /etc/nginx/sites-enabled",
        *site.steps_for_a_proxy(),
        "nginx -t && systemctl reload nginx",
    )
    return Deployment((File(Path("kallithea.conf"), rendered("nginx.conf", site=site, steps=steps)),), steps)
