"""The web pages: read what was asked, call one service, build one page."""
