"""Models: which there are (cards), how they are loaded, and what runs them (backends)."""
