"""What runs on a user's machine before Kallithea is there: it imports the standard library and itself, nothing else."""
