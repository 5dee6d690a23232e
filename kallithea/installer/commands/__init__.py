"""One module for each command: its options, and how they become what it takes."""
