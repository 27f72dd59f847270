"""The engine of Second Look: two-stage retrieval in plain view, with no browser attached."""
