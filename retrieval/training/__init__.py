"""Training: a cross-encoder learns from labelled groups, generated pairs and its own teacher."""
