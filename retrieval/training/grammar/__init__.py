"""A small grammar that writes minimal pairs: opposites, swapped roles, and copies that agree.

Words lie in ``lexicon.toml``, sentence frames in ``frames.toml``, and passages of natural prose in
``passages-*.jsonl``. All are split between training and test by a hash of their own text, so a test
pair has words *and* frames that no training pair had. What lies in ``practice.toml`` and
``practice-*.jsonl`` is only learned from.
"""
