"""``python -m retrieval``: the engine without a browser."""

from retrieval.cli import main

if __name__ == "__main__":
    main()
