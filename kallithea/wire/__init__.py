"""The door for hg and git clients over HTTP."""
