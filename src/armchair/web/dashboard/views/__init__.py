"""The pages of the dashboard, one module each with `show()`; `annotators` is a tab of the page "Labels"."""
