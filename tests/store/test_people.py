"""Who gets in, who gets out: names, roles, links and sessions, in the store and in copies of it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from armchair.cli import main
from armchair.errors import InvalidInput, StoreError
from armchair.runs.folder import RunDir
from armchair.store.copies.backup import back_up
from armchair.store.people import People
from armchair.store.store import Store

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with Store.open(tmp_path / "armchair.db") as store:
        yield store.people


def enter(people: People, name: str, role: str = "annotator") -> str:
    session = people.redeem(people.invite(name, role))  # type: ignore[arg-type]
    assert session is not None
    return session.token


# ---- names


@pytest.mark.parametrize("name", ["Owner", "OWNER", "ＯＷＮＥＲ", "ﬁ", "FI"])
def test_a_name_that_reads_like_another_is_refused(people: People, name: str) -> None:
    enter(people, "fi")
    people.invite("owner", "owner")
    with pytest.raises(InvalidInput, match="reads like"):
        people.invite(name)


@pytest.mark.parametrize(
    "name",
    [
        "owner ",
        " owner",
        "own  er",
        "owner\t",
        "own\ner",
        "own\x00er",
        "own\x1b[1mer",
        "own\u200ber",  # zero width
        "owner\u202e",  # turns the direction of writing
        "own\u034fer",
        "\u3164",  # a letter that is blank
        "owner\ufe0f",
        "\u2800",
        "оwner",
        "οwner",
        "",
        "x" * 201,
    ],
)
def test_a_name_that_could_pass_for_another_is_refused(people: People, name: str) -> None:
    with pytest.raises(InvalidInput):
        people.invite(name)
    assert not people.invited()


@pytest.mark.parametrize(
    "name", ["Ann", "Zoë", "张伟", "Ольга", "Ελένη", "a/b ü", "ann.2", "O'Neill", "さくら"]
)
def test_names_of_people_are_taken_as_they_are(people: People, name: str) -> None:
    enter(people, name)
    assert [person.name for person in people.people()] == [name]


# ---- roles


def test_an_old_link_lowers_nobody(people: People) -> None:
    old = people.invite("ann")
    new = people.invite("ann", "owner")
    session = people.redeem(new)
    assert session is not None and session.role == "owner"
    assert people.redeem(old) is None
    info = people.session(session.token)
    assert info is not None and info.role == "owner"


def test_an_old_link_raises_nobody(people: People) -> None:
    old = people.invite("ann", "owner")
    new = people.invite("ann")
    assert people.redeem(old) is None
    session = people.redeem(new)
    assert session is not None and session.role == "annotator"


def test_who_rises_does_so_in_one_browser(people: People) -> None:
    before, waiting = enter(people, "ann"), people.invite("ann")
    session = people.redeem(people.invite("ann", "owner"))
    assert session is not None and session.role == "owner"
    assert people.session(before) is None and people.redeem(waiting) is None


def test_two_links_of_one_role_are_two_browsers(people: People) -> None:
    first, second = people.invite("ann"), people.invite("ann")
    assert people.redeem(second) and people.redeem(first)


# ---- out again


def test_a_session_is_ended_and_a_link_withdrawn(people: People) -> None:
    ann, again, bob = enter(people, "ann"), enter(people, "ann"), enter(people, "bob")
    link, other = people.invite("ann"), people.invite("bob")
    assert [session.name for session in people.sessions()] == ["ann", "ann", "bob"]
    assert [link.name for link in people.invited()] == ["ann", "bob"]
    assert people.sign_out("ann") == 2 and people.withdraw("ann") == 1
    assert people.session(ann) is None and people.session(again) is None and people.redeem(link) is None
    assert people.session(bob) is not None and people.redeem(other) is not None
    assert people.sign_out("nobody") == 0 == people.withdraw("nobody")


# ---- what comes from elsewhere


def plant(path: Path) -> tuple[str, str]:
    """A store with a session and a link of an owner, as its author has them."""
    with Store.open(path) as store:
        token = enter(store.people, "mallory", "owner")
        return token, store.people.invite("mallory", "owner")


def test_a_copied_store_lets_nobody_in(tmp_path: Path) -> None:
    session, link = plant(tmp_path / "theirs.db")
    shutil.copy(tmp_path / "theirs.db", tmp_path / "mine.db")
    with Store.open(tmp_path / "mine.db") as store:
        assert store.people.session(session) is None and store.people.redeem(link) is None
        assert not store.people.sessions() and not store.people.invited() and store.people.foreign() == 2
        mine = enter(store.people, "owner", "owner")
        assert store.people.foreign() == 0 and store.people.session(mine) is not None
        assert store.people.session(session) is None and store.people.redeem(link) is None
        assert {person.name: person.role for person in store.people.people()} == {
            "mallory": "annotator",
            "owner": "owner",
        }
    with Store.open(tmp_path / "theirs.db") as store:
        assert store.people.session(session) is not None  # where it was made, all is as before


def test_another_installation_is_elsewhere_even_at_the_same_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, link = plant(tmp_path / "armchair.db")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    with Store.open(tmp_path / "armchair.db") as store:
        assert store.people.session(session) is None and store.people.redeem(link) is None


def test_a_forged_mark_is_none(tmp_path: Path) -> None:
    session, _ = plant(tmp_path / "theirs.db")
    shutil.copy(tmp_path / "theirs.db", tmp_path / "mine.db")
    with sqlite3.connect(tmp_path / "mine.db") as database:
        for value in ("", "0" * 64, None):
            database.execute("DELETE FROM meta WHERE key = 'home'")
            if value is not None:
                database.execute("INSERT INTO meta VALUES ('home', ?)", [value])
            database.commit()
            with Store.open(tmp_path / "mine.db") as store:
                assert store.people.session(session) is None


def test_a_backup_brings_answers_and_nobody(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {"task": "reach"})
    session, link = plant(run.store_file)
    back_up(run, tmp_path / "copy")
    with sqlite3.connect(tmp_path / "copy" / "armchair.db") as database:
        for table in ("sessions", "invites"):
            assert not database.execute(f"SELECT * FROM {table}").fetchall()
        assert database.execute("SELECT role FROM annotators").fetchall() == [("annotator",)]
        assert not database.execute("SELECT * FROM meta WHERE key = 'home'").fetchall()
    with Store.open(tmp_path / "copy" / "armchair.db") as store:
        assert store.people.session(session) is None and store.people.redeem(link) is None


def test_doctor_tells_who_may_come_in(tmp_path: Path, capsys: Capture) -> None:
    run = RunDir.create(tmp_path, "reach", {"task": "reach"})
    plant(run.store_file)
    assert main(["doctor", str(run.path)]) == 0
    assert "owner mallory (1 sessions, 1 links)" in capsys.readouterr().out
    copy = shutil.copytree(run.path, tmp_path / "copy")
    assert main(["doctor", str(copy)]) == 0
    assert "2 sessions and links from elsewhere, of mallory: none lets in here" in capsys.readouterr().out


ACTS = {
    "trigger": "CREATE TRIGGER quiet AFTER INSERT ON status BEGIN UPDATE annotators SET role = 'owner'; END",
    "view": "CREATE VIEW quiet AS SELECT * FROM sessions",
}


@pytest.mark.parametrize("kind", ACTS)
def test_what_acts_by_itself_keeps_a_store_shut(tmp_path: Path, kind: str, capsys: Capture) -> None:
    run = RunDir.create(tmp_path, "reach", {"task": "reach"})
    Store.open(run.store_file).close()
    with sqlite3.connect(run.store_file) as database:
        database.execute(ACTS[kind])
    with pytest.raises(StoreError, match=f"the {kind} quiet, which armchair did not put there"):
        Store.open(run.store_file).close()
    assert main(["doctor", str(run.path)]) == 1
    assert f"the {kind} quiet" in capsys.readouterr().out
    with sqlite3.connect(run.store_file) as database:
        database.execute(f"DROP {kind} quiet")
    Store.open(run.store_file).close()


def test_on_a_server_too(postgresql: str) -> None:
    server = sa.create_engine(postgresql, isolation_level="AUTOCOMMIT")
    with server.connect() as conn:
        conn.exec_driver_sql("CREATE DATABASE people")
    server.dispose()
    url = sa.make_url(postgresql).set(database="people").render_as_string(hide_password=False)
    engine = sa.create_engine(url)
    with Store.open(url) as store:
        session = enter(store.people, "ann")
        with engine.begin() as conn:
            conn.exec_driver_sql("CREATE VIEW report AS SELECT 1")  # of others, beside the tables
            conn.exec_driver_sql("CREATE RULE quiet AS ON INSERT TO status DO ALSO NOTIFY x")
        with pytest.raises(StoreError, match="the rule quiet"), Store.open(url):
            pass
        with engine.begin() as conn:
            conn.exec_driver_sql("DROP RULE quiet ON status")
        assert store.people.session(session) is not None
        with Store.open(url) as other:  # another host's, at the same database
            assert other.people.session(session) is not None
    engine.dispose()
