"""The pages of the own account."""
