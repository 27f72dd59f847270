"""The way in: from files to chunks in a collection.

``sources`` finds the files, ``parsers`` read them, ``chunking`` cuts them, and ``pipeline`` runs it
all.
"""
