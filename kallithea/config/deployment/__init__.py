"""The configuration of the programs around Kallithea: web servers, proxies and systemd, each written from one ini file."""
