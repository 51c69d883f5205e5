"""How Sphinx makes the documentation's site: `make docs`.

Nothing is loaded from elsewhere, neither while it is built nor by the pages.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = str(HERE.parent / "src")
sys.path[:0] = [str(HERE), SOURCE]  # site_links; armchair as it is here
os.environ["PYTHONPATH"] = os.pathsep.join([SOURCE, *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# The notebook's IPython: nobody's own settings, and no warning of a kernel that listens on this machine.
os.environ["IPYTHONDIR"] = tempfile.mkdtemp(prefix="armchair-docs-")
atexit.register(shutil.rmtree, os.environ["IPYTHONDIR"], ignore_errors=True)
profile = Path(os.environ["IPYTHONDIR"], "profile_default")
profile.mkdir()
(profile / "ipython_kernel_config.py").write_text(
    "get_config().IPKernelApp.log_level = 40\n", encoding="utf-8"
)

import site_docstrings  # noqa: E402
import site_links  # noqa: E402
from sphinx.application import Sphinx  # noqa: E402

from armchair.version import __version__  # noqa: E402

project = "armchair"
author = "armchair contributors"
copyright = author
version = release = __version__
html_title = "armchair"

extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4  # as GitHub makes them
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(torch|np|numpy|gymnasium|stable_baselines3|pandas|pathlib|collections|typing)\..*"),
    (r"py:.*", r"[A-Z]\w*"),  # annotations name aliases and classes of others as their module does
    (r"py:.*", r"armchair(\.\w+)+\.[A-Z]\w*"),  # the inside, which is on no page
]

default_role = "code"  # docstrings write `names` with one backtick
autodoc_class_signature = "separated"  # most objects are made by functions
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
add_module_names = False
toc_object_entries_show_parents = "hide"
python_maximum_signature_line_length = 88

nb_execution_mode = os.environ.get("ARMCHAIR_DOCS_RUN", "force")  # "off": code is shown and not run
nb_execution_in_temp = True
nb_merge_streams = True
nb_execution_timeout = 300  # s a cell
nb_execution_raise_on_error = True
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # they would come from elsewhere

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/chair.svg"
html_logo = "_static/chair.svg"
html_extra_path = ["llms.txt"]  # it leads to the pages' Markdown, in _sources
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}
pygments_style = "friendly"
pygments_dark_style = "github-dark"


def setup(app: Sphinx) -> None:
    """What is written for the repository's readers becomes what Sphinx reads."""
    site_links.connect(app)
    site_docstrings.connect(app)
