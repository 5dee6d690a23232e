"""Kallithea in IIS: a process beside it that HttpPlatformHandler runs, or an ISAPI extension inside it.

`files.py` writes what IIS needs, `http_platform.py` is the process, `service.py` and `bridge.py` are the ISAPI extension.
"""
