"""Mercurial repositories, through Mercurial's own Python API.

Mercurial reads its process-wide settings from the environment while it is imported, so they are fixed here, before any module
of this package imports it: no configuration file of a machine, a user or a repository is ever read, and text is UTF-8.
"""

import os

os.environ.update(HGPLAIN="1", HGRCPATH="", HGRCSKIPREPO="1", HGENCODING="utf-8", HGENCODINGMODE="replace")
