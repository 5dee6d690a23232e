"""What templates show: frozen dataclasses, one per template of the same name, and the pure functions that build them."""
