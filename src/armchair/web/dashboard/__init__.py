"""The dashboard: how training goes, what was answered, runs side by side, settings. Streamlit draws it.

`app.py` is the script that Streamlit runs; `classic.py` asks for answers in the plainest way. Neither imports
a learner: they read and write the store. Each page is a module of `views` with `show()`;
the modules here are the pieces it is made of, and import no view.
"""
