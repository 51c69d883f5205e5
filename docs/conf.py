"""How Sphinx makes the documentation's site: `make docs`. Nothing is loaded from elsewhere, while it is built or read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # site_links
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import site_links  # noqa: E402
from sphinx.application import Sphinx  # noqa: E402

from armchair import __version__  # noqa: E402

project = "armchair"
author = "armchair contributors"
copyright = author  # noqa: A001
version = release = __version__
html_title = f"armchair {__version__}"
html_short_title = "armchair"

extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "adr/0000-template.md"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4  # as GitHub makes them
suppress_warnings = ["myst.header"]  # `make docs` has -W; some READMEs begin their tables below a deeper heading
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(torch|np|numpy|gymnasium|stable_baselines3|pandas|pathlib|collections|typing)\..*"),
    (r"py:.*", r"(Path|Tensor|ndarray|Any|Iterator|Mapping|Sequence|Callable|Generator|Env|Wrapper|VectorWrapper)"),
]

default_role = "code"  # docstrings write `names` with one backtick
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
add_module_names = False
toc_object_entries_show_parents = "hide"
python_maximum_signature_line_length = 88

nb_execution_mode = os.environ.get("ARMCHAIR_DOCS_RUN", "force")  # "off": the notebook's code is shown, not run
nb_execution_in_temp = True
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # they would come from a CDN
mathjax_path = ""

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/chair.svg"
html_logo = "_static/chair.svg"
html_extra_path = ["llms.txt"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}
pygments_style = "friendly"
pygments_dark_style = "github-dark"


def setup(app: Sphinx) -> None:
    """Links that lead out of docs/ lead to a page of the site, or are words."""
    site_links.connect(app)
