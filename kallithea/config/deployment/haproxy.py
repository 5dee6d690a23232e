"""HAProxy in front of Kallithea, on one machine or several."""

from __future__ import annotations

from pathlib import Path

from kallithea.config.deployment.rendering import rendered
from kallithea.config.deployment.site import Deployment, File, Site
from kallithea.lib.errors import ConfigError


def deployment(site: Site, *, user: str = "haproxy", group: str = "haproxy") -> Deployment:
    """The whole configuration of a HAProxy that serves this site."""
    if site.instance.server.speaks_uwsgi:
        raise ConfigError("HAProxy does not speak uWSGI's own protocol.", hint="Use http-socket = … in [uwsgi].")
    if site.instance.static_files:
        raise ConfigError("HAProxy does not serve files.", hint="Set static_files = true in the ini file.")
    certificate = (f"put certificate and key, one after the other, into {site.tls.certificate}",) if site.tls else ()
    steps = (
        "save this as /etc/haproxy/haproxy.cfg",
        *certificate,
        *site.steps_for_a_proxy(),
        "haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy",
    )
    text = rendered("haproxy.cfg", site=site, steps=steps, user=user, group=group)
    return Deployment((File(Path("haproxy.cfg"), text),), steps)
