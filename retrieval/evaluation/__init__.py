"""How good a ranking is, what a difference is worth, and where answers are lost."""
