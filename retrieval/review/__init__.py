"""Relevance review: blind judgments by several people, how far they agree, and what follows."""
