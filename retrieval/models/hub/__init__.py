"""Models from a hub: where they lie on this machine, and how they get here."""
