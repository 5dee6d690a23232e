"""The configuration of the programs around Kallithea: web servers, proxies and systemd, each written from one ini file."""

from kallithea.config.deployment.site import Address, Deployment, File, Site, Tls
from kallithea.config.deployment.wishes import Wishes, site_of

__all__ = ["Address", "Deployment", "File", "Site", "Tls", "Wishes", "site_of"]
