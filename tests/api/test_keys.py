"""Who may ask what, over HTTP with real keys."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.routing import APIRoute

from tests.api.conftest import NOON, Served, serving_square
from tests.clocks import TestClock
from tests.sites import square
from vilina_api.app import create_app
from vilina_api.cli import api
from vilina_api.errors import KeysError
from vilina_api.keys import KeyRing, Keys, Role
from vilina_api.routes.roles import Needed, anybody
from vilina_ingest.store_sqlite import SqliteStore

LIVE = "/v1/sites/square/live"
CORRECTIONS = "/v1/sites/square/corrections"


def made(path: Path, *, clock: TestClock, **roles: Role) -> dict[str, str]:
    """A file with keys of such names and roles for 30 days; their secrets."""
    keys, secrets = Keys(), {}
    for name, role in roles.items():
        keys, secrets[name] = keys.with_new(name, role, now=clock.now(), days=30)
    keys.write(path)
    return secrets


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Served, dict[str, str]]]:
    clock, path = TestClock(NOON), tmp_path / "keys.json"
    secrets = made(path, clock=clock, anna=Role.MANAGER, paul=Role.PLANNER, ville=Role.PARTNER)
    with serving_square(tmp_path, clock=clock, keys=KeyRing(path, clock)) as served:
        yield served, secrets


def asked(served: Served, path: str, key: str | None = None) -> httpx.Response:
    return served.client.get(path, headers={"Authorization": f"Bearer {key}"} if key else {})


def test_without_a_key_there_is_no_answer_but_how_to_ask(guarded: tuple[Served, dict[str, str]]) -> None:
    served, _ = guarded
    answer = asked(served, LIVE)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert "needs a key" in answer.json()["detail"]
    for path in ("/", "/static/board.css", "/v1/sites", "/docs"):
        assert asked(served, path).status_code == 401, path


def test_health_is_for_everybody(guarded: tuple[Served, dict[str, str]]) -> None:
    served, _ = guarded
    assert asked(served, "/health/ready").status_code == 200


def test_a_key_is_a_bearer_token_or_the_password_in_a_browser(guarded: tuple[Served, dict[str, str]]) -> None:
    served, secrets = guarded
    assert asked(served, LIVE, secrets["anna"]).status_code == 200
    assert served.client.get("/", auth=("anna", secrets["anna"])).status_code == 200


def test_a_key_of_another_role_is_told_whom_this_is_for(guarded: tuple[Served, dict[str, str]]) -> None:
    served, secrets = guarded
    answer = asked(served, LIVE, secrets["ville"])
    assert answer.status_code == 403
    assert (
        answer.json()["detail"] == "This key is a partner's; this is for a manager or planner or technician."
    )
    told = {"people": 20, "author": "paul"}
    by_planner = {"Authorization": f"Bearer {secrets['paul']}"}
    assert served.client.post(CORRECTIONS, json=told, headers=by_planner).status_code == 403


def test_a_key_that_is_removed_ends_at_once(guarded: tuple[Served, dict[str, str]], tmp_path: Path) -> None:
    served, secrets = guarded
    assert asked(served, LIVE, secrets["anna"]).status_code == 200
    path = tmp_path / "keys.json"
    Keys.read(path).without("anna").write(path)
    assert asked(served, LIVE, secrets["anna"]).status_code == 401
    assert asked(served, LIVE, secrets["paul"]).status_code == 200


def test_a_key_ends_by_itself(guarded: tuple[Served, dict[str, str]]) -> None:
    served, secrets = guarded
    served.clock.advance(days=30)
    assert asked(served, LIVE, secrets["anna"]).status_code == 401


def test_when_the_file_of_keys_is_gone_nobody_passes(
    guarded: tuple[Served, dict[str, str]], tmp_path: Path
) -> None:
    served, secrets = guarded
    (tmp_path / "keys.json").unlink()
    assert asked(served, LIVE, secrets["anna"]).status_code == 503


def test_every_route_says_whom_it_is_for(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "vilina.db")
    app = create_app(site=square(), reader=store, open_store=lambda: store, clock=TestClock(NOON))
    assert open_routes(app) == []
    app.add_api_route("/forgotten", lambda: None)
    assert open_routes(app) == ["/forgotten"]
    store.close()


def open_routes(app: FastAPI) -> list[str]:
    """Routes without a role, but for the description of the API itself."""
    return [
        route.path
        for route in app.routes
        if isinstance(route, APIRoute)
        and not any(
            isinstance(one.call, Needed) or one.call is anybody for one in route.dependant.dependencies
        )
    ]


def test_only_the_hash_of_a_key_is_kept_and_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    done = CliRunner().invoke(api, ["key", "add", "wall", "--role", "manager", "--keys", str(path)])
    secret = done.output.strip()
    assert re.fullmatch(r"[\w-]{43}", secret)
    assert secret not in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    listed = CliRunner().invoke(api, ["key", "list", "--keys", str(path)])
    assert listed.output.startswith("wall  manager  until ")
    assert CliRunner().invoke(api, ["key", "remove", "wall", "--keys", str(path)]).exit_code == 0
    assert Keys.read(path).keys == ()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("key", "remove", "nobody"), "there is no key 'nobody'; there are wall"),
        (("key", "add", "wall", "--role", "planner"), "there is a key 'wall' already"),
        (("key", "add", "The Wall", "--role", "planner"), "is no name for a key"),
        (("key", "add", "x", "--role", "public"), "is not one of"),
    ],
)
def test_a_wrong_word_about_keys_is_told_what_to_do(
    arguments: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    path = tmp_path / "keys.json"
    made(path, clock=TestClock(NOON), wall=Role.MANAGER)
    failed = CliRunner().invoke(api, [*arguments, "--keys", str(path)])
    assert failed.exit_code != 0
    assert told in failed.output


@pytest.mark.parametrize("text", ["", "[]", '{"keys": [{"name": "a"}]}', "\xff"])
def test_a_file_that_is_none_of_keys_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(KeysError, match="is no file of keys"):
        Keys.read(path)


def test_a_server_that_others_reach_needs_keys(tmp_path: Path) -> None:
    run = ["run", "--site", str(tmp_path / "site.yaml"), "--host", "192.0.2.1"]
    failed = CliRunner().invoke(api, run)
    assert failed.exit_code == 2
    assert "vilina api key add" in failed.output
