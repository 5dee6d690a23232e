"""Varnish in front of Kallithea."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kallithea.config.deployment.rendering import rendered
from kallithea.config.deployment.site import Deployment, File, Site
from kallithea.lib.errors import ConfigError

PARAMETERS = (
    # A large push is silent while its changes are checked and stored.
    "pipe_timeout=3600",
    # Mercurial sends the arguments of a command as headers of 1 KiB each.
    "http_max_hdr=1000",
    "http_req_size=128k",
    "workspace_client=512k",
    "workspace_backend=512k",
)
"""What Varnish's own configuration cannot say, but only the command that starts it."""

VARNISH_PORT = 6081
_VCL = Path("/etc/varnish/kallithea.vcl")


def deployment(site: Site, *, port: int | None, in_front: Sequence[str]) -> Deployment:
    """The VCL of the site, and how varnishd has to be started; `in_front` are the addresses of what ends https.

    `port` is where Varnish listens; by default on its own port where something else ends https.
    """
    if site.instance.server.speaks_uwsgi:
        raise ConfigError("Varnish does not speak uWSGI's own protocol.", hint="Use http-socket = … in [uwsgi].")
    if site.instance.static_files:
        raise ConfigError("Varnish does not serve files.", hint="Set static_files = true in the ini file.")
    steps = (
        f"save this as {_VCL}, and the second file as /etc/systemd/system/varnish.service.d/kallithea.conf",
        *site.steps_for_a_proxy(),
        f"varnishd -C -f {_VCL} && systemctl daemon-reload && systemctl restart varnish",
    )
    arguments = (
        "-j unix,user=vcache",
        "-F",
        *(f"-a {address}" for address in site.listening(port or (VARNISH_PORT if site.tls else site.port))),
        *tuning(),
        f"-f {_VCL}",
    )
    return Deployment(
        (
            File(Path("kallithea.vcl"), rendered("varnish.vcl", site=site, steps=steps, in_front=in_front)),
            File(Path("varnish.service.d/kallithea.conf"), rendered("varnish-service.conf", arguments=arguments)),
        ),
        steps,
    )


def tuning() -> tuple[str, ...]:
    """The options of varnishd that the site needs."""
    return ("-s malloc,64m", *(f"-p {parameter}" for parameter in PARAMETERS))
