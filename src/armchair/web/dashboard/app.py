"""The script that Streamlit runs for the dashboard; `armchair.web.dashboard.source.use` comes first."""

from __future__ import annotations

import streamlit as st

from armchair.errors import ArmchairError
from armchair.web.dashboard import classic, source
from armchair.web.dashboard.views import compare, labels, settings, training, wishes
from armchair.web.dashboard.wording import plain

STYLE = """<style>
.stMainBlockContainer { padding-top: 3.75rem; }
.way-back { position: fixed; top: 0.85rem; right: 4rem; z-index: 999991; color: inherit; font-size: 0.95rem; }
.way-back:not(:hover) { text-decoration: none; }
@media (max-width: 760px) { .way-back { top: 3.9rem; right: 1rem; } }
</style>"""  # the header leaves much room
WAY_BACK = '<a class="way-back" href="{base}/" target="_self">← Label clips</a>'


def main() -> None:
    """Draw the page that was asked for."""
    st.set_page_config(page_title="armchair dashboard", page_icon="🪑", layout="wide")
    pages = [
        st.Page(training.show, title="Training", url_path="training", default=True),
        st.Page(labels.show, title="Labels", url_path="labels"),
        st.Page(compare.show, title="Compare", url_path="compare"),
        st.Page(settings.show, title="Settings", url_path="settings"),
        st.Page(classic.show_page, title="Answer", url_path="answer"),
    ]
    if wishes.there():
        pages.insert(1, st.Page(wishes.show, title="Wishes", url_path="wishes"))
    page = st.navigation(pages, position="top")
    st.html(STYLE + WAY_BACK.format(base=source.base()))
    try:
        source.current()
        page.run()
    except ArmchairError as error:
        st.error(plain(str(error)))


if __name__ == "__main__":  # which is how Streamlit runs it
    main()
