"""What every store does, whatever database it is in."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
import torch

from armchair.errors import InvalidChoice, InvalidInput, MissingDependency, StoreError
from armchair.ids import new_id
from armchair.store.rows import clips as clip_rows
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip, Question


def make_clip(score: float = 0.0, length: int = 4) -> Clip:
    visible, action = torch.full((length, 3), float(score)), torch.ones(length, 2)
    reward, poses = torch.full((length,), -float(score)), torch.rand(length, 5, 7)
    return Clip(new_id(), visible, action, reward, poses, b"film", 7, 8, 9)


def put(store: Store, n: int, *, policy_step: int = 0, priority: float = 0.0) -> list[Question]:
    """Put n questions; the visible numbers of the k-th pair are 2 k and 2 k + 1."""
    pairs = [(make_clip(2 * k), make_clip(2 * k + 1)) for k in range(n)]
    questions = [Question(new_id(), left.id, right.id, "uniform", policy_step) for left, right in pairs]
    store.ask(questions, [clip for pair in pairs for clip in pair], priority=priority)
    return questions


def make_answer(
    question: Question, who: str = "ann", choice: Choice = "left", strength: float = 1.0
) -> Answer:
    return Answer(new_id(), question.id, who, choice, strength, 1.5, time.time())


def give(store: Store, choice: Choice, who: str = "ann", strength: float = 1.0) -> Answer:
    """Claim one question and answer it."""
    (question,) = store.claim(who)
    answer = make_answer(question, who, choice, strength)
    assert store.submit(answer)
    return answer


def said(store: Store, who: str = "ann") -> list[Answer]:
    """The answers of a person that are in force, the latest first."""
    return [record.answer for record in store.history(who)]


# ---- clips


def test_a_clip_comes_back_as_it_was(store: Store, url: str) -> None:
    clip = make_clip(3.0)
    store.add_clips([clip])
    with Store.open(url) as other:
        found = other.clips([clip.id])[0]
    for field, given in zip(found, clip, strict=True):
        assert torch.equal(field, given) if isinstance(given, torch.Tensor) else field == given


def test_the_same_clip_twice_is_harmless_another_under_its_id_is_not(store: Store) -> None:
    clip = make_clip()
    store.add_clips([clip, clip])
    with pytest.raises(StoreError, match="already has the id"):
        store.add_clips([clip._replace(visible=clip.visible + 1)])


def test_clips_have_one_shape(store: Store) -> None:
    store.add_clips([make_clip()])
    with pytest.raises(InvalidInput, match=r"5 steps of 3.*have 4 steps of 3"):
        store.add_clips([make_clip(length=5)])


@pytest.mark.parametrize(
    "broken",
    [
        {"visible": torch.full((4, 3), torch.nan)},
        {"reward": torch.zeros(3)},
        {"action": torch.zeros(4)},
        {"poses": torch.zeros(4, 5, 6)},
        {"id": "../../etc/passwd"},
    ],
)
def test_a_clip_that_makes_no_sense_is_refused(store: Store, broken: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        store.add_clips([make_clip()._replace(**broken)])  # pyright: ignore[reportArgumentType]


def test_an_unknown_clip_and_an_unknown_question_are_errors(store: Store) -> None:
    with pytest.raises(StoreError, match="no clip"):
        store.clips([new_id()])[0]
    with pytest.raises(StoreError, match="no question"):
        store.question(new_id())


# ---- questions


def test_a_question_and_its_clips_are_stored_together_or_not_at_all(store: Store) -> None:
    left, right = make_clip(), make_clip(1)
    question = Question(new_id(), left.id, right.id, "uniform", 0)
    with pytest.raises(StoreError, match=right.id):
        store.ask([question], [left])
    assert store.counts().questions == 0
    with pytest.raises(StoreError):
        store.clips([left.id])[0]
    store.ask([question], [left, right])
    assert store.question(question.id) == question


def test_the_highest_priority_comes_first_then_the_newest(store: Store) -> None:
    (old,) = put(store, 1, policy_step=10)
    (new,) = put(store, 1, policy_step=20)
    (urgent,) = put(store, 1, policy_step=0, priority=1.0)
    assert store.claim("ann", n=3) == [urgent, new, old]


def test_nobody_is_given_what_another_holds_until_the_lease_expires(
    store: Store, clock: SimpleNamespace
) -> None:
    questions = put(store, 3)
    assert store.claim("ann", n=2, lease_seconds=60) == questions[:2]
    assert store.claim("bob", n=5, lease_seconds=600) == questions[2:]
    assert store.claim("ann", n=5) == []
    assert store.held("ann") == questions[:2]
    clock.now += 61
    assert store.held("ann") == []
    assert store.claim("bob", n=5) == questions[:2]


def test_released_questions_are_free_again(store: Store) -> None:
    questions = put(store, 2)
    store.claim("ann", n=2)
    store.release("ann", [questions[0].id])
    assert store.claim("bob", n=2) == questions[:1]


def test_what_is_free_is_what_a_claim_would_give_and_stays_free(store: Store) -> None:
    low, high = put(store, 2), put(store, 2, priority=1.0)
    assert store.free("ann", 3) == [*high, low[0]]
    assert store.free("ann", 9) == [*high, *low] == store.claim("ann", n=9)
    assert store.free("ann", 9) == store.free("bob", 9) == []


def test_one_question_can_be_claimed_by_its_name(store: Store) -> None:
    first, second, third = put(store, 3)
    assert store.claim("ann", only=second.id) == [second]
    assert store.claim("bob", only=second.id) == [], "somebody else holds it"
    assert store.claim("bob", only=new_id()) == [], "there is no such one"
    assert store.claim("ann", only=third.id, n=0) == store.claim("ann", n=0) == []
    assert store.submit(make_answer(second))
    assert store.claim("ann", only=second.id, overlap=2) == [], "answered already"
    assert store.claim("bob", only=second.id, overlap=2) == [second]
    assert store.claim("bob", n=5) == [first, third]


def test_one_question_that_is_claimed_is_never_exchanged_for_a_repeat(store: Store) -> None:
    questions = put(store, 40)
    store.board.set_setting("repeat_share", 0.5)
    for question in questions[:30]:
        assert store.claim("ann", only=question.id) == [question]
        store.submit(make_answer(question))


def test_overlap_lets_that_many_answer_and_nobody_twice(store: Store) -> None:
    put(store, 1)
    give(store, "left", "ann")
    assert store.claim("bob") == []
    assert store.claim("ann", overlap=2) == []
    (question,) = store.claim("bob", overlap=2)
    assert store.claim("eve", overlap=2) == []
    store.submit(make_answer(question, "bob", "right"))
    assert store.claim("eve", overlap=2) == []
    assert store.preferences().target.tolist() == [0.0, 1.0]


def test_a_late_answer_counts_unless_another_took_the_question(store: Store, clock: SimpleNamespace) -> None:
    (first, second) = put(store, 2)
    store.claim("ann", n=2, lease_seconds=10)
    clock.now += 11
    assert store.submit(make_answer(first))
    assert store.claim("bob") == [second]
    with pytest.raises(StoreError, match="does not hold"):
        store.submit(make_answer(second))


def test_stale_questions_retire_unless_held_or_answered(store: Store, clock: SimpleNamespace) -> None:
    put(store, 3, policy_step=10)
    (new,) = put(store, 1, policy_step=20)
    assert new in store.claim("ann", n=1)
    store.release("ann", [new.id])
    store.claim("ann", n=2)
    give(store, "left", "bob")
    assert store.retire(older_than=20) == 1
    counts = store.counts()
    assert (counts.retired, counts.open, counts.leased) == (1, 2, 2)
    assert store.claim("bob", n=9) == []


def test_asking_a_retired_question_again_opens_it(store: Store) -> None:
    questions = put(store, 1)
    assert store.retire(older_than=1) == 1
    assert store.claim("ann") == []
    store.ask(questions)
    assert store.claim("ann") == questions


# ---- answers


def test_sending_an_answer_twice_is_harmless(store: Store) -> None:
    put(store, 1)
    answer = give(store, "left")
    assert not store.submit(answer)
    assert store.counts().asked == 1
    with pytest.raises(StoreError, match="already has the id"):
        store.submit(answer._replace(choice="right"))


def test_answers_that_make_no_sense_are_refused(store: Store) -> None:
    (question,) = put(store, 1)
    answer = make_answer(question)
    with pytest.raises(StoreError, match="does not hold"):
        store.submit(answer)
    store.claim("ann")
    with pytest.raises(StoreError, match="no question"):
        store.submit(answer._replace(question=new_id()))
    with pytest.raises(InvalidChoice, match="did you mean 'left'"):
        store.submit(answer._replace(choice="lefft"))  # pyright: ignore[reportArgumentType]
    for broken in (answer._replace(strength=0.0), answer._replace(seconds=-1.0), answer._replace(id="1")):
        with pytest.raises(InvalidInput):
            store.submit(broken)
    assert store.counts().asked == 0


def test_one_annotator_answers_a_question_once(store: Store) -> None:
    put(store, 1)
    answer = give(store, "left")
    with pytest.raises(StoreError, match="flip that answer or undo it"):
        store.submit(answer._replace(id=new_id(), choice="right"))


def test_undo_takes_the_latest_answer_back_and_holds_its_question(store: Store) -> None:
    put(store, 2)
    first, second = give(store, "left"), give(store, "right")
    undone = store.undo("ann")
    assert undone is not None and undone.id == second.question
    assert said(store) == [first]
    assert store.claim("bob", n=9) == []
    assert store.held("ann") == [undone]
    assert store.submit(make_answer(undone, "ann", "tie"))
    assert store.preferences().target.tolist() == [0.0, 0.5]


def test_an_undo_sent_twice_takes_back_one_answer(store: Store) -> None:
    put(store, 2)
    first, second = give(store, "left"), give(store, "right")
    undo = new_id()
    assert store.undo("ann", undo) == store.undo("ann", undo)
    assert said(store) == [first]
    assert not store.submit(second), "a late copy of the answer must not bring it back"
    assert said(store) == [first]
    assert store.undo("bob") is None
    with pytest.raises(StoreError, match="already has the id"):
        store.undo("ann", first.id)


def test_flip_turns_an_answer_round(store: Store) -> None:
    put(store, 2)
    first, _ = give(store, "left"), give(store, "tie")
    flip = new_id()
    flipped = store.flip(first.id, flip)
    assert flipped.choice == "right" and store.flip(first.id, flip) == flipped
    assert store.counts().by_choice["right"] == 1 and store.counts().asked == 2
    with pytest.raises(StoreError, match="taken back or changed"):
        store.flip(first.id)
    with pytest.raises(StoreError, match="not in the store"):
        store.flip(new_id())
    with pytest.raises(InvalidInput, match="only left and right"):
        store.flip(said(store)[1].id)
    undone = store.undo("ann")
    assert undone is not None and undone.id == first.question
    assert store.counts().by_choice["left"] == store.counts().by_choice["right"] == 0


def test_retract_goes_back_to_a_position(store: Store) -> None:
    put(store, 3)
    first = give(store, "left", "teacher")
    there = store.position()
    second, third = give(store, "right", "teacher"), give(store, "tie", "ann")
    assert store.retract("teacher", there) == 1
    assert said(store, "teacher") == [first] and said(store) == [third]
    assert store.claim("teacher", n=9) == [store.question(second.question)]


def test_the_position_grows_with_every_change(store: Store) -> None:
    put(store, 2)
    positions = [store.position()]
    for change in (lambda: give(store, "left"), lambda: store.flip(said(store)[0].id)):
        change()
        positions.append(store.position())
    store.undo("ann")
    positions.append(store.position())
    assert positions == sorted(set(positions))


# ---- what the fit is given


def test_preferences_are_what_was_said(store: Store, url: str) -> None:
    put(store, 5)
    for choice, strength in (("left", 2.0), ("right", 0.5), ("tie", 1), ("both_bad", 1), ("cant_tell", 1)):
        give(store, choice, "ann", strength)
    with Store.open(url) as fresh:
        batch = fresh.preferences()
    assert batch.left[:, 0, 0].tolist() == [0, 2, 4, 6] and batch.right[:, 0, 0].tolist() == [1, 3, 5, 7]
    assert batch.left.shape == (4, 4, 3) and batch.left.dtype == torch.float32
    assert batch.target.tolist() == [0.0, 1.0, 0.5, 0.5]
    assert batch.weight.tolist() == [2.0, 0.5, 1.0, 1.0]
    assert batch.both_bad.tolist() == [False, False, False, True]
    counts = store.counts()
    assert (counts.asked, counts.answers, counts.open) == (5, 4, 0)
    assert counts.by_choice == {"left": 1, "right": 1, "tie": 1, "both_bad": 1, "cant_tell": 1}


def test_a_batch_of_many_answers_never_holds_many_whole_clips(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Films and poses are far larger than what is fitted; whoever resumes reads all answers at once."""
    put(store, 5)
    for _ in range(5):
        give(store, "left")
    sizes, load = list[int](), clip_rows.load_clips

    def counted(conn: sa.Connection, ids: Sequence[str]) -> list[Clip]:
        sizes.append(len(ids))
        return load(conn, ids)

    monkeypatch.setattr(clip_rows, "CHUNK", 3)
    monkeypatch.setattr(clip_rows, "load_clips", counted)
    batch = store.preferences()
    assert sorted(batch.left[:, 0, 0].tolist()) == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert torch.equal(batch.right, batch.left + 1.0)
    assert sizes == [3, 3, 3, 1]
    store.preferences()
    assert len(sizes) == 4  # what was read once is remembered


def test_preferences_of_some_annotators_or_since_then(store: Store) -> None:
    assert store.preferences().left.shape == (0, 0, 0)
    put(store, 3)
    give(store, "left", "ann")
    there = store.position()
    give(store, "right", "bob")
    assert store.preferences(since=there).target.tolist() == [1.0]
    assert store.preferences(exclude=["bob"]).target.tolist() == [0.0]
    assert store.preferences(since=store.position()).left.shape == (0, 4, 3)


# ---- several processes

ANSWER_FIFTY = """
import sys
from armchair.store.store import Store
from armchair.ids import new_id
from armchair.types import Answer
url, name, number = sys.argv[1:]
with Store.open(url) as store:
    for _ in range(int(number)):
        (question,) = store.claim(name)
        store.submit(Answer(new_id(), question.id, name, "left", 1.0, 0.0, 0.0))
        print(question.id, flush=True)
"""


def test_processes_share_a_store_without_answering_anything_twice(store: Store, url: str) -> None:
    questions = put(store, 200)
    store.board.set_setting("repeat_share", 0.0)
    command = [sys.executable, "-c", ANSWER_FIFTY, url]
    workers = [
        subprocess.Popen([*command, f"worker {k}", "50"], stdout=subprocess.PIPE, text=True) for k in range(4)
    ]
    answered = [line for worker in workers for line in worker.communicate(timeout=120)[0].split()]
    assert [worker.returncode for worker in workers] == [0] * 4
    assert sorted(answered) == sorted(question.id for question in questions)
    assert store.counts().asked == 200 and store.counts().open == 0


def test_a_new_store_may_be_opened_by_several_at_once(url: str) -> None:
    open_it = "import sys; from armchair.store.store import Store; Store.open(sys.argv[1]).register('ann')"
    workers = [subprocess.Popen([sys.executable, "-c", open_it, url]) for _ in range(3)]
    assert [worker.wait(timeout=60) for worker in workers] == [0] * 3


def test_a_new_file_that_another_process_writes_to_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "armchair.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")  # before there is a log to write ahead: SQLite itself would not wait
    release = threading.Timer(0.3, other.rollback)
    release.start()
    Store.open(path).close()
    release.join()
    other.close()


def test_threads_may_share_one_store(store: Store) -> None:
    put(store, 40)

    def work(name: str) -> list[str]:
        return [give(store, "left", name).question for _ in range(10)]

    with ThreadPoolExecutor(4) as pool:
        answered = [name for names in pool.map(work, ("a", "b", "c", "d")) for name in names]
    assert len(set(answered)) == 40 == store.counts().asked


# ---- SQLite files


def test_a_store_of_a_newer_version_says_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "armchair.db"
    Store.open(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
        raw.execute("UPDATE meta SET value = '7.1' WHERE key = 'written_by'")
    raw.close()
    with pytest.raises(StoreError, match=r"schema 99.*install armchair 7\.1 or newer"):
        Store.open(path)


def test_files_that_are_no_store_are_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to look like one " * 20)
    with pytest.raises(StoreError, match="cannot be used"):
        Store.open(text)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as raw:
        raw.execute("CREATE TABLE mine (x)")
    raw.close()
    with pytest.raises(StoreError, match="not a store of armchair"):
        Store.open(other)
    for wrong in (tmp_path, tmp_path / "none" / "x.db", "mysql://host/db", ":memory:"):
        with pytest.raises(StoreError):
            Store.open(wrong)
    with pytest.raises(StoreError, match="there is no store"):
        Store.open(tmp_path / "new.db", create=False)


def test_a_damaged_clip_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "armchair.db"
    clip = make_clip()
    with Store.open(path) as store:
        store.add_clips([clip])
    with sqlite3.connect(path) as raw:
        (blob,) = raw.execute("SELECT arrays FROM clips").fetchone()
        raw.execute("UPDATE clips SET arrays = ?", (blob[:-1] + b"!",))
    raw.close()
    with Store.open(path) as store, pytest.raises(StoreError, match="damaged"):
        store.clips([clip.id])[0]


def test_sqlite_writes_are_on_disk_where_that_was_promised_and_its_cache_is_small(tmp_path: Path) -> None:
    with Store.open(tmp_path / "armchair.db") as store:
        found = []
        for durable in (True, False, True):
            with store._database.write(durable=durable) as conn:
                names = ("journal_mode", "synchronous", "foreign_keys", "cache_size")
                found.append([conn.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names])
    assert found == [["wal", level, 1, -256] for level in (2, 1, 2)]


# ---- servers


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as told:
        Store.open(f"postgresql://ann:secret@/reach?host={tmp_path}")
    assert "cannot be used" in str(told.value) and "secret" not in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_a_server_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingDependency, match=r"pip install 'armchair\[postgres\]'"):
        Store.open("postgresql://host/reach")
