"""The page that every report is: one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from retrieval.evaluation.report_figures import escaped

_SHEET = """
:root { color-scheme: light dark; --ink: light-dark(#1e2030, #e9eaf0);
  --quiet: light-dark(#5a6072, #a4aab9); --line: light-dark(#dadce4, #363a46);
  --ground: light-dark(#ffffff, #14161c); --soft: light-dark(#f4f4f7, #1f222b); }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1.25rem 4rem; color: var(--ink);
  background: var(--ground); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; }
p { margin: .3rem 0; } .quiet { color: var(--quiet); font-size: .92rem; }
.wrap { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; text-align: right; border-bottom: 1px solid var(--line);
  vertical-align: top; white-space: nowrap; }
th:first-child, td:first-child, .words { text-align: left; }
.words { white-space: normal; overflow-wrap: anywhere; min-width: 14rem; }
th { color: var(--quiet); font-weight: 500; }
svg { width: 100%; height: auto; max-width: 760px; font: 14px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .grid { stroke: var(--line); } svg .axis { stroke: var(--ink); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: .5rem 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
code { display: block; padding: .6rem .8rem; background: var(--soft); border-radius: .4rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
"""


def page(title: str, body: str) -> str:
    """A whole file.

    Args:
        title: Its title, as text.
        body: What it shows, as HTML in which everything from outside is escaped.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # A browser is told that it loads nothing and runs nothing.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escaped(title)}</title><style>{_SHEET}</style></head><body>{body}</body></html>\n"
    )
