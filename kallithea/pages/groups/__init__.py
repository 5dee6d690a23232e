"""Pages about one group beside its own: making it, its settings, who may do what."""
