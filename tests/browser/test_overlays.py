"""What lies over the page takes the click or the key that closes it, and the header holds at every width."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from armchair.training.standing.change import packed

pytestmark = pytest.mark.browser
WIDTHS = [*range(320, 780, 37), *range(780, 1360, 41), 1024, 1440, 1920]
# texts of the header as far as they are seen: their boxes, cut by whatever hides what runs over
TEXTS = """() => {
  const long = {
    eta: 'about 12.3 h to go', count: '1000 of 1000', 'arm-text': 'The arm is trying things out',
    'success-short': '100 % success', 'agreement-short': 'model agrees 20 / 20', who: 'Maximiliana',
  };
  for (const [id, text] of Object.entries(long)) document.getElementById(id).textContent = text;
  const found = [];
  const walker = document.createTreeWalker(document.querySelector('header.top'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.textContent.trim() || node.parentElement.closest('[hidden], .menu, .more, .sr')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    let {left, top, right, bottom} = range.getBoundingClientRect();
    for (let up = node.parentElement; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflow === 'visible') continue;
      const box = up.getBoundingClientRect();
      [left, top, right, bottom] = [Math.max(left, box.left), Math.max(top, box.top),
                                    Math.min(right, box.right), Math.min(bottom, box.bottom)];
    }
    if (right - left > 1 && bottom - top > 1) found.push([node.textContent, left, top, right, bottom]);
  }
  return found;
}"""


@pytest.mark.parametrize("overlay", ["menu", "strip-more", "tools"])
def test_what_is_open_closes_and_nothing_is_answered(meet: Any, overlay: str) -> None:
    from playwright.sync_api import expect

    ann = meet(size="phone" if overlay == "tools" else "desk")
    page = ann.sit_down()
    panel = page.locator(f"#{overlay}")
    button = page.locator(f"[aria-controls={overlay}]")
    pane = page.locator("#pane-right").bounding_box()
    shown = ann.shown

    def beside() -> None:
        page.mouse.click(pane["x"] + 30, pane["y"] + 110)

    for close in (lambda: page.keyboard.press("Escape"), lambda: page.keyboard.press("ArrowRight"), beside):
        button.click()
        expect(panel).to_be_visible()
        expect(button).to_have_attribute("aria-expanded", "true")
        close()
        expect(panel).to_be_hidden()
        expect(button).to_have_attribute("aria-expanded", "false")
        assert ann.shown == shown
    beside()  # now that nothing is open it answers
    assert [answer.choice for answer in ann.answers(1)] == ["right"]


def test_signing_out_answers_nothing(meet: Any, until: Any) -> None:
    ann = meet(size="desk")
    page = ann.sit_down()
    page.locator("#open-menu").click()
    box = page.locator("#sign-out").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**/login")
    assert ann.held() == []


def test_the_menu_is_walked_with_the_arrow_keys(meet: Any) -> None:
    ann = meet()
    page = ann.sit_down()
    page.locator("#open-menu").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == "sign-out"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "open-menu"
    assert ann.held() == []


@pytest.mark.parametrize("dialog", ["history", "guide"])
def test_a_dialog_closes_by_a_click_beside_it_and_not_by_one_at_its_edge(meet: Any, dialog: str) -> None:
    from playwright.sync_api import expect

    ann = meet(size="desk")
    page = ann.sit_down()
    page.locator(f"#open-{dialog}").click()
    box = page.locator(f"#{dialog}").bounding_box()
    page.mouse.click(box["x"] + 5, box["y"] + 40)  # the padding
    expect(page.locator(f"#{dialog}")).to_be_visible()
    page.mouse.click(60, 300)
    expect(page.locator(f"#{dialog}")).to_be_hidden()
    assert ann.held() == []


def test_a_click_on_a_note_reaches_no_clip(meet: Any) -> None:
    """Neither on the short words at the bottom of the clips nor on what is told of the pair."""
    from playwright.sync_api import expect

    ann = meet(size="desk")
    page = ann.sit_down()
    ann.next_after(ann.press("ArrowLeft")[0])
    shown = ann.shown
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_contain_text("Undone")
    ann.next_after(shown)
    shown = ann.shown
    page.locator("#toast").click()
    expect(page.locator("#toast")).to_be_hidden()
    page.evaluate("document.getElementById('pair-note').hidden = false")
    page.evaluate("document.getElementById('pair-note').textContent = 'The two begin differently'")
    page.locator("#pair-note").click()
    ann.drawn()
    assert ann.shown == shown and ann.held() == []


def test_what_changed_closes_by_a_press_beside_it_and_answers_go_on_by_buttons(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    poses = torch.stack([place.clips[k].poses for k in (0, -1)])
    place.store.board.put_asset("change", packed(12, 30, poses), "application/octet-stream")
    ann = meet(size="desk")
    page = ann.sit_down()
    panel, pane = page.locator("#change"), page.locator("#pane-left").bounding_box()
    first = ann.shown
    page.locator("#open-change").click()
    expect(panel).to_be_visible()
    page.mouse.click(pane["x"] + 60, pane["y"] + 200)
    expect(panel).to_be_hidden()
    page.locator("#open-change").click()
    panel.locator("h2").click()  # within
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert ann.shown == first and ann.held() == []
    page.locator("#open-change").click()
    page.locator("[data-choice=right]").click()
    expect(panel).to_be_visible()
    assert [answer.choice for answer in ann.answers(1)] == ["right"]


def test_no_texts_of_the_header_overlap_and_nothing_scrolls_sideways(meet: Any) -> None:
    ann = meet(role="owner")
    page = ann.sit_down()
    for width in sorted(WIDTHS):
        page.set_viewport_size({"width": width, "height": 768})
        texts = page.evaluate(TEXTS)
        assert len(texts) >= 2
        for k, (one, left, top, right, bottom) in enumerate(texts):
            assert left >= 0 and right <= width + 0.5, (width, one)
            for other, *box in texts[:k]:
                apart = right <= box[0] or box[2] <= left or bottom <= box[1] or box[3] <= top
                assert apart, f"{width}: {one!r} lies over {other!r}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


def test_the_guide_is_shown_once_to_a_person_whatever_the_port(meet: Any, until: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(0)
    ann.remember(guide="")
    page = ann.open()
    expect(page.locator("#state .card")).to_be_visible()
    assert not page.locator("#guide").is_visible()  # what stands in place of the clips is not covered
    ann.place.ask(4, ann.name)
    expect(page.locator("#guide")).to_be_visible()
    page.keyboard.press("Escape")
    until(lambda: "guide" in page.evaluate("document.cookie"))
    page.evaluate("localStorage.clear()")  # as another port's is
    page = ann.sit_down()
    assert not page.locator("#guide").is_visible()
