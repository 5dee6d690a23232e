"""The pages of the own account, below `/_admin/my_account`."""
