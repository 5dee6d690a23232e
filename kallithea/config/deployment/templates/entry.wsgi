"""Kallithea for mod_wsgi, written by: kallithea-cli deployment-create apache

`touch` this file, and the next request is answered by new processes.
"""

from kallithea.config.entry import application_of

application = application_of("{{ site.instance.ini }}")
