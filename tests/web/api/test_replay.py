"""Two clips in 3D, as a page for a frame in the dashboard."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from armchair.web.caches import assets

TEMPLATE = "<style>p{}</style><script>1</script><script type=x>@REPLAY_JSON@</script><script>2</script>"


def test_a_pair_is_a_page_that_may_run_its_own_scripts_alone(
    place: Any, log_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "replay.html").write_text(TEMPLATE)
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    (question,) = place.ask(1)
    params = {"left": question.left, "right": question.right}
    owner, ann = log_in("olga", "owner"), log_in("ann")
    assert owner.get("/replay", params=params).status_code == 404  # no scene yet
    place.store.board.put_asset("scene", b"the scene", "application/octet-stream")
    response = owner.get("/replay", params=params)
    assert response.status_code == 200
    found = re.search("<script type=x>(.*?)</script>", response.text)
    assert found is not None
    written = json.loads(found[1])
    assert base64.b64decode(written["scene"]) == b"the scene"
    assert [clip["label"] for clip in written["clips"]] == ["Left", "Right"]
    left = written["clips"][0]
    assert len(base64.b64decode(left["poses"])) == left["steps"] * left["bodies"] * 7 * 4
    rules = response.headers["content-security-policy"]
    assert rules.count("sha256-") == 3 and "unsafe" not in rules and "frame-ancestors 'self'" in rules
    assert response.headers["x-frame-options"] == "SAMEORIGIN"
    assert ann.get("/replay", params=params).status_code == 403
    assert owner.get("/replay", params={**params, "left": "../x"}).status_code == 422
