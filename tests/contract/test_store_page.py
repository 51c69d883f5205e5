"""What page, dashboard and trainer find in a store beside questions and answers, in any database."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
import torch

from armchair.errors import InvalidChoice, InvalidInput, StoreError
from armchair.ids import new_id
from armchair.store.board import Settings
from armchair.store.integrity import check_store
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip, Question


def make_clip(poses: bool = True, film: bytes | None = None, policy_step: int = 7) -> Clip:
    bodies = torch.rand(4, 5, 7) if poses else None
    return Clip(new_id(), torch.rand(4, 3), torch.ones(4, 2), torch.zeros(4), bodies, film, policy_step, 8, 9)


def put(store: Store, n: int, strategy: str = "uniform", **fields: float | str) -> list[Question]:
    pairs = [(make_clip(policy_step=10), make_clip(policy_step=20)) for _ in range(n)]
    # which of them give way to a repeat hangs on their ids, so these are the same each time
    ids = [new_id(torch.default_generator) for _ in pairs]
    questions = [
        Question(name, left.id, right.id, strategy, 0) for name, (left, right) in zip(ids, pairs, strict=True)
    ]
    questions = [question._replace(**fields) for question in questions]  # pyright: ignore[reportArgumentType]
    store.ask(questions, [clip for pair in pairs for clip in pair])
    return questions


def give(store: Store, who: str = "ann", choice: Choice = "left") -> Answer:
    (question,) = store.claim(who)
    answer = Answer(new_id(), question.id, who, choice, 1.0, 1.5, time.time())
    assert store.submit(answer)
    return answer


# ---- without torch

LOOK = """
import sys
from armchair.store.integrity import check_store
from armchair.store.store import Store
from armchair.feedback import agreement, progress_test as meter
from armchair import ids, types
from armchair.runs import folder as rundir
with Store.open(sys.argv[1]) as store:
    (question,) = store.claim("ann")
    store.submit(types.Answer(ids.new_id(), question.id, "ann", "left", 1.0, 1.0, 0.0))
    store.undo("ann")
    print(store.counts().open, len(store.replay(question.left).poses), store.clip_info([question.left]))
assert "torch" not in sys.modules, "the page's server must do without it"
"""


def test_all_that_a_page_needs_works_without_torch(store: Store, url: str) -> None:
    put(store, 1)
    done = subprocess.run([sys.executable, "-c", LOOK, url], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"1 {4 * 5 * 7 * 4} ")


# ---- people


def test_an_invitation_opens_one_session(store: Store, clock: SimpleNamespace) -> None:
    token = store.people.invite("ann", "owner")
    session = store.people.redeem(token)
    assert session is not None and session.annotator == "ann" and session.role == "owner"
    assert store.people.redeem(token) is None, "an invitation is used once"
    assert store.people.session(session.token) == ("ann", "owner", False, session.expires)
    assert store.people.session(token) is None and store.people.redeem("guess") is None
    clock.now = session.expires
    assert store.people.session(session.token) is None


def test_an_invitation_expires_and_a_session_can_be_ended(store: Store, clock: SimpleNamespace) -> None:
    late = store.people.invite("ann", seconds=60)
    clock.now += 60
    assert store.people.redeem(late) is None
    session = store.people.redeem(store.people.invite("ann"))
    assert session is not None
    store.people.end_session(session.token)
    store.people.end_session("none")
    assert store.people.session(session.token) is None


def test_of_many_who_redeem_an_invitation_at_once_one_gets_in(store: Store) -> None:
    token = store.people.invite("ann")
    with ThreadPoolExecutor(8) as pool:
        sessions = list(pool.map(store.people.redeem, [token] * 8))
    assert sum(session is not None for session in sessions) == 1


def test_no_token_is_in_the_database(store: Store, url: str) -> None:
    token = store.people.invite("ann")
    session = store.people.redeem(token)
    assert session is not None and len(token) >= 43 and len(session.token) >= 43
    engine = sa.create_engine(url)
    with engine.connect() as conn:
        everything = str([conn.execute(sa.text(f"SELECT * FROM {t}")).all() for t in ("invites", "sessions")])
    engine.dispose()
    assert "ann" in everything and token not in everything and session.token not in everything


def test_nobody_is_invited_under_a_name_that_is_not_for_them(store: Store) -> None:
    assert store.people.redeem(store.people.invite("boss", "owner"))
    store.register("teacher", "simulated")
    for name in ("boss", "teacher", "", "two\nlines", "x" * 201):
        with pytest.raises(InvalidInput):
            store.people.invite(name)
    with pytest.raises(InvalidChoice, match="did you mean 'annotator'"):
        store.people.invite("ann", "annotators")  # pyright: ignore[reportArgumentType]
    store.people.invite("boss", "owner")


def test_people_are_listed_with_what_they_answered(store: Store) -> None:
    put(store, 3)
    give(store, "bob")
    give(store, "bob")
    store.undo("bob")
    store.people.redeem(store.people.invite("ann", "owner"))
    found = {one.name: (one.kind, one.role, one.answers, one.excluded) for one in store.people.people()}
    assert found == {"ann": ("person", "owner", 0, False), "bob": ("person", "annotator", 1, False)}


# ---- leaving someone out


def test_what_an_excluded_annotator_said_counts_nowhere_until_they_are_included(store: Store) -> None:
    put(store, 3)
    kept, lost = give(store, "ann", "left"), give(store, "bob", "right")
    store.claim("bob")
    before = store.position()
    store.people.exclude("bob")
    assert store.position() > before, "the trainer must fit anew"
    assert store.preferences().target.tolist() == [0.0]
    assert [record.answer for record in store.records()] == [kept]
    assert [record.answer for record in store.records(excluded=True)] == [kept, lost]
    assert [record.answer for record in store.history("bob")] == [lost]
    counts = store.counts()
    assert (counts.asked, counts.by_choice["right"], counts.open, counts.leased) == (1, 0, 2, 0)
    for refused in (lambda: store.claim("bob"), lambda: store.undo("bob")):
        with pytest.raises(StoreError, match="bob is excluded"):
            refused()
    taken = store.claim("ann", n=5)
    assert lost.question in [question.id for question in taken], "others may answer it in their place"
    store.release("ann", [question.id for question in taken])
    there = store.position()
    store.people.exclude("bob", excluded=False)
    assert store.position() > there and store.preferences().target.tolist() == [0.0, 1.0]
    assert store.counts().open == 1 and len(store.claim("bob", n=9)) == 1


def test_excluding_again_changes_nothing_and_someone_unknown_is_an_error(store: Store) -> None:
    store.register("bob")
    store.people.exclude("bob")
    there = store.position()
    store.people.exclude("bob")
    assert store.position() == there
    with pytest.raises(StoreError, match="no annotator 'bobb'"):
        store.people.exclude("bobb")


def test_positions_stay_in_order_and_retract_works_across_an_exclusion(store: Store) -> None:
    put(store, 4)
    first = give(store, "teacher")
    give(store, "bob")
    store.people.exclude("bob")
    store.people.exclude("bob", excluded=False)
    there = store.position()
    second = give(store, "teacher")
    assert store.record(second.id).seq > there > store.record(first.id).seq
    assert [record.answer for record in store.records(since=there)] == [second]
    assert store.retract("teacher", there) == 1
    assert [record.answer for record in store.history("teacher")] == [first]


# ---- settings, status, metrics, assets


def test_settings_have_defaults_and_keep_what_is_set(store: Store, url: str) -> None:
    assert store.board.settings() == Settings()
    values = {"question": "Which is nearer?", "labels": 40, "paused": True, "overlap": 3, "repeat_share": 0}
    for key, value in values.items():
        store.board.set_setting(key, value)
    store.board.set_setting("labels", 50)
    with Store.open(url) as other:
        assert asdict(other.board.settings()) == asdict(Settings()) | values | {"labels": 50}
    assert store.board.set_setting("labels", None).labels is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("question", 3),
        ("question", "a\nb"),
        ("question", "x" * 201),
        ("labels", 0),
        ("labels", 1.5),
        ("labels", True),
        ("paused", 1),
        ("paused", "yes"),
        ("overlap", 0),
        ("overlap", None),
        ("repeat_share", 0.6),
        ("repeat_share", float("nan")),
    ],
)
def test_settings_that_make_no_sense_are_refused(store: Store, key: str, value: str | float | None) -> None:
    with pytest.raises(InvalidInput, match=key):
        store.board.set_setting(key, value)
    assert store.board.settings() == Settings()


def test_an_unknown_setting_names_the_nearest(store: Store) -> None:
    with pytest.raises(InvalidChoice, match="did you mean 'paused'"):
        store.board.set_setting("pause", True)


def test_status_is_what_was_said_last(store: Store, clock: SimpleNamespace) -> None:
    assert store.board.status() is None
    store.board.set_status({"phase": "fitting", "success": float("nan")})
    clock.now += 5
    store.board.set_status({"phase": "done", "bodies": ["hand", "block"], "success": float("inf")})
    found = store.board.status()
    assert found == ({"phase": "done", "bodies": ["hand", "block"], "success": None}, clock.now)
    assert json.dumps(found.value, allow_nan=False)
    with pytest.raises(InvalidInput):
        store.board.set_status({"phase": object()})  # pyright: ignore[reportArgumentType]


def test_a_status_is_replaced_unless_the_trainer_has_spoken_since(
    store: Store, clock: SimpleNamespace
) -> None:
    store.board.set_status({"phase": "stopped"})
    old = store.board.status()
    assert old is not None
    clock.now += 5
    assert store.board.replace_status(old, {"phase": "collecting"})
    assert not store.board.replace_status(old, {"phase": "stopped"})
    now = store.board.status()
    assert now is not None and now.value == {"phase": "collecting"}


def test_metrics_are_read_on_from_where_one_was_and_can_be_cut(store: Store) -> None:
    for steps in (100, 200, 300):
        store.board.log({"env_steps": steps, "reward": float("nan") if steps == 200 else 1.0})
    store.board.log({"note": "no steps"})
    lines = store.board.metrics()
    assert [line.get("env_steps") for line in lines] == [100, 200, 300, None] and lines[1]["reward"] is None
    assert store.board.metrics(since=int(str(lines[2]["seq"]))) == lines[3:]
    assert store.board.cut_metrics(200) == 1
    assert [line.get("env_steps") for line in store.board.metrics()] == [100, 200, None]
    last = store.board.metrics()[-1]["seq"]
    store.board.log({"env_steps": 250})
    assert len(store.board.metrics(since=int(str(last)))) == 1, "a reader who has seen all misses no line"


def test_an_asset_is_replaced_and_its_version_tells(store: Store) -> None:
    assert store.board.asset("scene") is None and store.board.asset_version("scene") is None
    store.board.put_asset("scene", b"one", "application/octet-stream")
    first = store.board.asset_version("scene")
    store.board.put_asset("scene", b"two", "application/octet-stream")
    found = store.board.asset("scene")
    assert found is not None and (found.data, found.media_type) == (b"two", "application/octet-stream")
    assert found.sha256 == store.board.asset_version("scene") != first
    with pytest.raises(InvalidInput):
        store.board.put_asset("", b"", "text/plain")


# ---- claims


def test_a_question_for_one_person_is_given_to_nobody_else(store: Store) -> None:
    (question,) = put(store, 1, only_for="bob", guess=0.25)
    assert store.claim("ann", n=9) == []
    assert store.claim("bob", n=9) == [question]


def test_overlap_is_what_the_settings_say_unless_told(store: Store) -> None:
    put(store, 1)
    store.board.set_setting("overlap", 2)
    assert len(store.claim("ann")) == len(store.claim("bob")) == 1
    assert store.claim("eve") == [] and len(store.claim("eve", overlap=3)) == 1


def test_with_overlap_the_best_question_still_comes_first(store: Store) -> None:
    (low,), (high,) = put(store, 1), put(store, 1)
    store.ask([low], priority=0.0)
    (top,) = put(store, 1)
    give(store, "ann")  # answers `low`, the oldest of equal ones
    assert [question.id for question in store.claim("bob", n=3, overlap=2)] == [low.id, high.id, top.id]


def test_a_guess_is_a_probability(store: Store) -> None:
    with pytest.raises(InvalidInput, match="a guess is a probability"):
        put(store, 1, guess=1.5)


# ---- repeats


def repeats_of(store: Store, who: str) -> list[tuple[int, Question]]:
    """Place among the person's answers, and question, of each repeat they answered."""
    given = store.history(who)[::-1]
    return [(place, record.question) for place, record in enumerate(given) if record.question.repeat_of]


def test_a_share_is_asked_again_of_the_same_person_with_the_sides_exchanged(store: Store) -> None:
    put(store, 150, guess=0.25)
    store.board.set_setting("repeat_share", 0.2)
    for _ in range(60):
        give(store, "ann")
        give(store, "bob", "cant_tell")
    first = {record.question.id: place for place, record in enumerate(store.history("ann")[::-1])}
    found = repeats_of(store, "ann")
    assert 5 <= len(found) <= 20, "of the fifty answers after the first ten, a fifth"
    for place, question in found:
        assert question.repeat_of is not None
        old = store.question(question.repeat_of)
        assert (question.left, question.right, question.strategy) == (old.right, old.left, "repeat")
        assert question.only_for == "ann" and question.guess == 0.75 and old.repeat_of is None
        assert place - first[old.id] > 10
    assert len({question.repeat_of for _, question in found}) == len(found), "each one once"
    assert repeats_of(store, "bob") == [], "what could not be told is not worth asking again"
    counts = store.counts()
    assert counts.repeats == len(found) and counts.asked == 120 - len(found)
    assert counts.questions == 150 and counts.open == 150 - counts.asked
    pairs = store.preferences().pair
    assert len(pairs) == 60, "repeats count for fitting"
    assert len(pairs.unique()) == 60 - len(found), "and are told to be about the same clips"


def test_the_usual_share_of_repeats_is_a_twentieth(store: Store) -> None:
    put(store, 300)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda k: [give(store, f"person {k}") for _ in range(60)], range(4)))
    assert 1 <= store.counts().repeats <= 27, "of 4 x 50, about ten; outside one time in twenty thousand"


def test_repeats_come_with_new_questions_only_and_not_to_simulated_teachers(store: Store) -> None:
    put(store, 41)
    store.board.set_setting("repeat_share", 0.5)
    store.register("teacher", "simulated")
    for _ in range(20):
        give(store, "teacher")
    while store.counts().open:
        give(store, "ann")
    assert store.claim("ann", n=9) == [] and repeats_of(store, "teacher") == []
    assert repeats_of(store, "ann")


def test_a_repeat_that_is_given_back_comes_again_and_is_not_made_twice(store: Store) -> None:
    put(store, 60)
    for _ in range(20):
        give(store, "ann")
    store.board.set_setting("repeat_share", 0.5)
    seen: Counter[str] = Counter()
    for _ in range(5):
        taken = store.claim("ann", n=8)
        seen.update(question.repeat_of for question in taken if question.repeat_of)
        store.release("ann", [question.id for question in taken])
    originals = [question.repeat_of for question in store.claim("ann", n=60) if question.repeat_of]
    assert seen and len(set(originals)) == len(originals)


# ---- history


def test_history_is_turned_page_by_page_and_filtered(store: Store) -> None:
    put(store, 9)
    choices: list[Choice] = ["left", "right", "tie"]
    given = [give(store, who, choice) for choice in choices for who in ("ann", "bob", "eve")]
    store.people.exclude("eve")
    pages: list[list[str]] = []
    before = None
    while page := store.history(None, 4, before=before):
        pages.append([record.answer.id for record in page])
        before = page[-1].seq
    assert [len(page) for page in pages] == [4, 4, 1]
    assert [name for page in pages for name in page] == [answer.id for answer in given[::-1]]
    assert [r.answer for r in store.history("bob", choice="right")] == [given[4]]
    assert [r.answer.choice for r in store.history(None, choice="tie")] == ["tie"] * 3
    assert store.history("nobody") == [] and store.history(None, 0) == []
    with pytest.raises(InvalidChoice):
        store.history(None, choice="lefft")  # pyright: ignore[reportArgumentType]
    assert store.count_answers("bob") == 3 and store.count_answers("bob", time.time() + 9) == 0


def test_a_record_tells_how_far_the_policies_were_and_what_kind_of_question_it_was(store: Store) -> None:
    put(store, 1, "progress")
    put(store, 1)
    first, second = give(store), give(store)
    record = store.record(first.id)
    assert (record.answer, record.left_step, record.right_step) == (first, 10, 20)
    assert store.records(strategy="progress") == [record] == store.history(None, strategy="progress")
    store.undo("ann")
    with pytest.raises(StoreError, match="in force"):
        store.record(second.id)


def test_the_order_shown_and_the_version_of_the_page_are_kept(store: Store) -> None:
    (question,) = put(store, 1, guess=0.25)
    store.claim("ann")
    answer = Answer(new_id(), question.id, "ann", "left", 2.0, 1.5, 12.0, swapped=True, page="3.1")
    store.submit(answer)
    assert store.record(answer.id)[:2] == (answer, question)
    flipped = store.flip(answer.id)
    assert flipped == answer._replace(id=flipped.id, choice="right", created=flipped.created)
    with pytest.raises(InvalidInput, match="64"):
        store.submit(answer._replace(id=new_id(), page="x" * 65))


def test_everything_can_be_taken_back_step_by_step(store: Store) -> None:
    put(store, 6)
    given = [give(store) for _ in range(6)]
    store.flip(given[5].id)
    for left in range(5, -1, -1):
        undone = store.undo("ann")
        assert undone is not None and undone.id == given[left].question
        assert len(store.history("ann")) == left == store.counts().asked
    assert store.undo("ann") is None
    assert {question.id for question in store.held("ann")} == {answer.question for answer in given}


# ---- clips to look at


def test_a_replay_holds_the_poses_as_numbers_a_browser_reads(store: Store) -> None:
    clip, film = make_clip(), make_clip(poses=False, film=b"an MP4")
    store.add_clips([clip, film])
    found = store.replay(clip.id)
    assert clip.poses is not None and found.poses is not None
    numbers = struct.unpack(f"<{4 * 5 * 7}f", found.poses)
    assert torch.equal(torch.tensor(numbers).reshape(4, 5, 7), clip.poses)
    assert (found.steps, found.bodies, found.film) == (4, 5, None)
    assert found[4:] == (clip.policy_step, clip.episode, clip.start)
    assert store.replay(film.id)[:4] == (4, 0, None, b"an MP4")
    assert store.clip_info([clip.id, film.id]) == {clip.id: (4, 5, False, 7), film.id: (4, 0, True, 7)}
    for ask in (store.replay, lambda name: store.clip_info([clip.id, name])):
        with pytest.raises(StoreError, match="no clip"):
            ask(new_id())


def test_a_damaged_replay_is_noticed(store: Store, url: str) -> None:
    clip = make_clip()
    store.add_clips([clip])
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        conn.execute(sa.text("UPDATE clips SET arrays = :bytes"), {"bytes": b"\x08" + bytes(40)})
    engine.dispose()
    for ask in (store.replay, lambda name: store.clip_info([name])):
        with pytest.raises(StoreError, match="damaged"):
            ask(clip.id)


# ---- older stores


def _drop_tallies(conn: sa.Connection) -> None:
    """Takes away what version 6 has more."""
    conn.execute(sa.text("DROP TABLE tallies"))
    conn.execute(sa.text("DROP TABLE given"))
    conn.execute(sa.text("DROP INDEX questions_repeated"))
    conn.execute(sa.text("CREATE INDEX ix_questions_repeat_of ON questions (repeat_of)"))
    if conn.dialect.name == "sqlite":
        for name in ("clips", "leases"):
            conn.execute(sa.text(f"DROP INDEX copy_of_{name}"))
    conn.execute(sa.text("DROP INDEX leases_of_annotator"))
    conn.execute(sa.text("ALTER TABLE leases DROP COLUMN waits"))
    conn.execute(sa.text("ALTER TABLE clips DROP COLUMN elsewhere"))
    if conn.dialect.name == "sqlite":
        there = "id, sha256, policy_step, episode, start, reward_known"
        conn.execute(sa.text(f"CREATE INDEX copy_of_clips ON clips ({there})"))
        conn.execute(sa.text("CREATE INDEX copy_of_leases ON leases (question, annotator, expires)"))


def _drop_wishes(conn: sa.Connection) -> None:
    """Takes away what version 5 has more, and what came later."""
    _drop_tallies(conn)
    conn.execute(sa.text("DROP TABLE wishes"))
    if conn.dialect.name == "sqlite":
        copy = conn.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'copy_of_questions'"))
        without = str(copy.scalar_one()).replace(", wish)", ")")
        conn.execute(sa.text("DROP INDEX copy_of_questions"))
        conn.execute(sa.text("ALTER TABLE questions DROP COLUMN wish"))
        conn.execute(sa.text(without))
        return
    conn.execute(sa.text("ALTER TABLE questions DROP COLUMN wish"))


def _drop_copies(conn: sa.Connection) -> None:
    """Takes away what version 4 has more."""
    for name in sa.inspect(conn).get_table_names():
        for index in sa.inspect(conn).get_indexes(name):
            if str(index["name"]).startswith("copy_of_"):
                conn.execute(sa.text(f"DROP INDEX {index['name']}"))
    conn.execute(sa.text("DELETE FROM meta WHERE key = 'tables'"))


def _of_version(
    version: int, store: Store, url: str, *drop: Callable[[sa.Connection], None]
) -> tuple[Answer, sa.Engine, str]:
    """A store with an answer, without what came after a version. -> answer, engine, head of its chain."""
    put(store, 4)
    answer = give(store, "ann", "right")
    store.close()
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        head = conn.execute(sa.text("SELECT value FROM meta WHERE key = 'head'")).scalar_one()
        for take_away in drop:
            take_away(conn)
        conn.execute(sa.text(f"UPDATE meta SET value = '{version}' WHERE key = 'schema'"))
    return answer, engine, head


def test_a_store_of_version_5_gets_its_running_counts(store: Store, url: str) -> None:
    store.add_wish("high", "Which carries it higher?")
    put(store, 3, wish="high")
    give(store, "bob", "tie")
    give(store, "bob", "cant_tell")
    store.undo("bob")
    before = [store.counts(), store.counts("high"), store.counts(None), store.people.people()]
    answer, engine, head = _of_version(5, store, url, _drop_tallies)
    with Store.open(url) as old:
        after = [old.counts(), old.counts("high"), old.counts(None), old.people.people()]
        assert after[1] != before[1] or after[2] != before[2], "one more answer"
        assert sum(person.answers for person in after[3]) == old.counts().asked == 2
        assert answer in [record.answer for record in old.records()]
        assert old.counts("high").questions == 3 and old.counts(None).questions == 4
        assert "is kept as" in _findings_when(engine, "UPDATE tallies SET waiting = waiting + 1")
        assert "answered is counted wrongly" in _findings_when(engine, "UPDATE given SET said = 0")
    with engine.begin() as conn:
        assert conn.execute(sa.text("SELECT value FROM meta WHERE key = 'head'")).scalar_one() == head
        indexes = {index["name"] for index in sa.inspect(conn).get_indexes("questions")}
        assert "questions_repeated" in indexes and "ix_questions_repeat_of" not in indexes
    engine.dispose()


def _findings_when(engine: sa.Engine, lie: str) -> str:
    """What the check says after a statement that counts wrongly; afterwards all is as before."""
    from armchair.store.rows.kept import tallies

    with engine.begin() as conn:
        assert tallies.differences(conn) == []
        conn.execute(sa.text(lie))
        told = "; ".join(tallies.differences(conn))
        tallies.write_anew(conn)
        assert tallies.differences(conn) == []
    return told


def test_a_store_of_version_4_takes_wishes_and_keeps_its_chain(store: Store, url: str) -> None:
    answer, engine, head = _of_version(4, store, url, _drop_wishes)
    for _ in range(2):
        with Store.open(url) as old:
            assert [record.answer for record in old.records(wish=None)] == [answer]
            assert old.wishes() == [] and old.preferences().target.tolist() == [1.0]
        assert all(finding.ok for finding in check_store(url))
    with engine.begin() as conn:
        assert conn.execute(sa.text("SELECT value FROM meta WHERE key = 'head'")).scalar_one() == head
        copied = next(
            (i for i in sa.inspect(conn).get_indexes("questions") if "copy" in str(i["name"])), None
        )
        if conn.dialect.name == "sqlite":
            assert copied is not None and "wish" in copied["column_names"]
    engine.dispose()
    with Store.open(url) as old:
        old.add_wish("high", "Which carries it higher?")
        (asked,) = put(old, 1, wish="high")
        assert old.question(asked.id) == asked


def test_a_store_of_version_3_gets_its_copies_and_keeps_its_chain(store: Store, url: str) -> None:
    answer, engine, head = _of_version(3, store, url, _drop_wishes, _drop_copies)
    for _ in range(2):
        with Store.open(url) as old:
            assert [record.answer for record in old.records()] == [answer]
        assert all(finding.ok for finding in check_store(url))
    with engine.begin() as conn:
        assert conn.execute(sa.text("SELECT value FROM meta WHERE key = 'head'")).scalar_one() == head
        copies = [str(index["name"]) for index in sa.inspect(conn).get_indexes("questions")]
        assert ("copy_of_questions" in copies) == (conn.dialect.name == "sqlite")
    engine.dispose()


def test_a_store_of_version_1_is_brought_up_to_date(store: Store, url: str) -> None:
    put(store, 4)
    kept, back = give(store, "ann", "right"), give(store, "ann")
    store.undo("ann")
    store.close()
    engine = sa.create_engine(url)
    with engine.begin() as conn:  # takes away what later versions have more
        _drop_wishes(conn)
        _drop_copies(conn)
        for name in ("answers_of_annotator", "questions_to_ask", "ix_questions_repeat_of"):
            conn.execute(sa.text(f"DROP INDEX {name}"))
        conn.execute(sa.text("DROP INDEX ix_questions_strategy"))
        conn.execute(sa.text("CREATE INDEX questions_to_ask ON questions (state, priority, policy_step)"))
        conn.execute(sa.text("CREATE INDEX ix_answers_annotator ON answers (annotator)"))
        for name in ("sessions", "invites", "settings", "status", "metrics", "assets", "exclusions"):
            conn.execute(sa.text(f"DROP TABLE {name}"))
        added = {"annotators": ["excluded", "role"], "answers": ["swapped", "page", "hash"]}
        added["questions"] = ["answered", "guess", "only_for"]
        for table, columns in added.items():
            for column in columns:
                conn.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        conn.execute(sa.text("UPDATE meta SET value = '1' WHERE key = 'schema'"))
    engine.dispose()
    for _ in range(2):  # the second time there is nothing left to do
        with Store.open(url) as old:
            assert [record.answer for record in old.records()] == [kept]
            assert old.counts().open == 3 and old.claim("bob", n=9)
            assert back.question not in [question.id for question in old.claim("bob", n=9)]
            old.release("bob", [question.id for question in old.held("bob")])
            old.board.log({"env_steps": 1})
            assert old.people.people()[0].role == "annotator"
