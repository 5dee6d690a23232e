"""The verbs and the rules. Services take their session and collaborators when they are made, and know no HTTP."""
