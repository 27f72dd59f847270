"""Minimal pairs: whether a stage can tell a passage from its twin."""
