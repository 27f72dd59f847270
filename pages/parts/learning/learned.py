"""The models that were learned here: what each brought, how it was made, and the way to use it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from pages.measure.scoring import duration
from pages.parts.charts.frame import draw_chart
from pages.parts.charts.loss_curve import loss_curve
from pages.parts.errors import clear_errors
from pages.parts.safe_text import html_text, one_line
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.training.history import History
    from retrieval.training.trial import Outcome
    from retrieval.training.work import Learnings

_LONGEST = 90
_SHOWN = 5


def show_learned(work: Learnings) -> None:
    """Pick one of them, and read it."""
    models = work.models()
    if not models:
        return
    st.html('<h3 class="sl-chart-title">Learned here</h3>')
    names = [one.name for one in models]
    if st.session_state.get("learned") not in names:
        st.session_state.pop("learned", None)
    pick, remove = st.columns([5, 1], gap="medium", vertical_alignment="bottom")
    name = str(pick.selectbox("Model", names, key="learned", label_visibility="collapsed"))
    with remove.popover("Delete", icon=":material/delete:", width="stretch", key="learned_away"):
        _offer_deletion(work, name)
    history = work.history(name)
    where = f"/search?{urlencode({'reranker': name})}" if history.kind == "reranker" else "/library"
    use = "Search with it" if history.kind == "reranker" else "Index documents with it"
    st.html(
        f'<div class="sl-strip" role="status"><p class="sl-happened"><strong>'
        f'{html_text(history.verdict)}</strong></p><p class="sl-more">'
        f"{html_text(_knew(history))} It has replaced nothing. "
        f'<a href="{html_text(where)}" target="_self">{use}</a></p></div>'
    )
    show_history(history)


def show_history(history: History) -> None:
    """The figures before and after, the loss curve, and how it was made."""
    left, right = st.columns(2, gap="large")
    with left:
        for title, outcome in (
            ("On the held-out questions", history.held_out),
            ("On minimal pairs that no training has seen", history.knew),
        ):
            if outcome is not None:
                st.html(f'<h4 class="sl-chart-title">{title}</h4>{outcome_html(outcome)}')
    with right:
        draw_chart(loss_curve(history.losses, history.checks, history.best))
    if history.held_out is not None:
        with st.expander("Question by question", icon=":material/list:", key="learned_questions"):
            st.html(questions_html(history.held_out))
    with st.expander("How it was made", icon=":material/info:", key="learned_facts"):
        st.html(facts_html(history))


def outcome_html(outcome: Outcome) -> str:
    """A row a measure: before, after, and for the one that was compared the difference."""
    one = outcome.comparison
    rows = ""
    for name, before in outcome.before.items():
        after, found = outcome.after[name], one.difference
        change = (
            f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
            if name == one.measure
            else f"{after.mean - before.mean:+.3f}"
        )
        rows += (
            f"<tr><td>{html_text(name)}</td><td><b>{before.mean:.3f}</b> "
            f'<span class="sl-quiet">[{before.low:.3f}, {before.high:.3f}]</span></td>'
            f"<td><b>{after.mean:.3f}</b> "
            f'<span class="sl-quiet">[{after.low:.3f}, {after.high:.3f}]</span></td>'
            f"<td>{change}</td></tr>"
        )
    head = "".join(f'<th scope="col">{n}</th>' for n in ("measure", "before", "after", "change"))
    notes = "".join(f" {html_text(note)}" for note in outcome.notes)
    return (
        f'<div class="sl-table-wrap"><table class="sl-table"><thead><tr>{head}</tr></thead>'
        f'<tbody>{rows}</tbody></table></div><p class="sl-caption">{html_text(outcome.verdict)} '
        f"Better on {one.wins}, equal on {one.ties}, worse on {one.losses} of "
        f"{one.difference.n} questions.{notes}</p>"
    )


def questions_html(outcome: Outcome) -> str:
    """The questions that gained most and lost most."""
    gained = [one for one in outcome.differences if one[1] > 0][:_SHOWN]
    lost = [one for one in reversed(outcome.differences) if one[1] < 0][:_SHOWN]
    rows = "".join(
        f"<tr><td>{change:+.3f}</td><td>{html_text(one_line(text, _LONGEST))}</td></tr>"
        for text, change in (*gained, *reversed(lost))
    )
    if not rows:
        return "<p>No question has changed.</p>"
    return (
        '<div class="sl-table-wrap"><table class="sl-table"><thead><tr><th scope="col">change</th>'
        f'<th scope="col">question</th></tr></thead><tbody>{rows}</tbody></table></div>'
        f'<p class="sl-caption">The {_SHOWN} that gained most and the {_SHOWN} that lost most, '
        "where there are so many.</p>"
    )


def facts_html(history: History) -> str:
    """What a card of the model would say."""
    early = "" if history.pairs >= history.all_pairs else f" of at most {history.all_pairs:,}"
    facts = {
        "starts from": f"{history.base}, weights {history.base_weights[:12]}",
        "learned from": f"{history.data}: {counted(history.questions, 'question')}, "
        f"{counted(history.judgments, 'judged passage')}, hash {history.fingerprint[:12]}",
        "questions": history.split,
        "read": f"{history.pairs:,}{early} pairs in {duration(history.seconds)}; best after "
        f"{history.best:,}",
        "settings": ", ".join(f"{name} {value}" for name, value in history.tuning.items()),
        "versions": ", ".join(f"{name} {value}" for name, value in history.versions.items()),
        "made": history.created,
    }
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td>{html_text(value)}</td></tr>'
        for name, value in facts.items()
    )
    return f'<div class="sl-table-wrap"><table class="sl-table sl-facts">{rows}</table></div>'


def _knew(history: History) -> str:
    return "" if history.knew is None else f"On what it knew before: {history.knew.verdict}"


def _offer_deletion(work: Learnings, name: str) -> None:
    """Say what goes, and take it away when asked to."""
    st.html(
        f"<p><strong>{html_text(name)}</strong> and how it was made will be removed. A collection "
        "that was indexed with it cannot be searched without it.</p>"
    )
    st.button(
        "Delete the model",
        type="primary",
        icon=":material/delete:",
        key="learned_yes",
        on_click=_delete,
        args=(work, name),
    )


def _delete(work: Learnings, name: str) -> None:
    with clear_errors():
        work.delete(name)
        st.session_state.pop("learned", None)
