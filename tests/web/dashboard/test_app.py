from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

import armchair.web.dashboard
from armchair.errors import StoreError
from armchair.web.dashboard import source

FOLDER = Path(armchair.web.dashboard.__file__).parent


def test_the_entry_draws_the_training_page(looked_at: Any) -> None:
    drawn = AppTest.from_file(str(FOLDER / "app.py"), default_timeout=120).run()
    assert not drawn.exception and drawn.title[0].value == "Training"


def test_without_a_store_it_says_so() -> None:
    with pytest.raises(StoreError, match="use first"):
        source.current()
    drawn = AppTest.from_file(str(FOLDER / "app.py"), default_timeout=120).run()
    assert not drawn.exception and "no store was named" in drawn.error[0].value


def test_a_store_that_is_gone_is_an_error_on_the_page(tmp_path: Path) -> None:
    source.use(tmp_path / "no.db")
    drawn = AppTest.from_file(str(FOLDER / "app.py"), default_timeout=120).run()
    assert not drawn.exception and "there is no store at" in drawn.error[0].value.replace("\\", "")


def test_streamlit_knows_the_options() -> None:
    for name, value in source.OPTIONS.items():
        before = config.get_option(name)
        config.set_option(name, value)  # raises for a name that is unknown
        assert config.get_option(name) == value
        config.set_option(name, before)


def test_no_learner_is_imported() -> None:
    """A page server must stay small: torch alone takes more memory than all of it."""
    files = [file.relative_to(FOLDER).with_suffix("") for file in FOLDER.rglob("[a-z]*.py")]
    modules = ", ".join(".".join(("armchair.web.dashboard", *file.parts)) for file in files)
    code = f"import {modules}, sys; print('torch' in sys.modules or 'armchair.training' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
