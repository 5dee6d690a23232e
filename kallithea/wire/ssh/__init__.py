"""hg and git over SSH: OpenSSH checks keys and carries bytes; what its forced command asks for is decided and served here."""
