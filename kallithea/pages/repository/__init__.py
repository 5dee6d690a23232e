"""The pages of one repository."""
