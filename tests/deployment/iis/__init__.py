"""IIS is not at hand: what is written for it runs against a stand-in, and is checked against what its documentation says."""
