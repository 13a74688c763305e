"""`vilina deploy influx init`, on a pretended InfluxDB 2 and on the real one that the environment names."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from tests.brokers import free_port
from tests.deploy.influx_admin import OPERATOR, ORG, PretendedAdmin
from tests.influx import URL, influx_server
from tests.ingest.stores import NOON, crossings, quarter_hours
from vilina_deploy.influx_cli import TOKEN, influx
from vilina_ingest.errors import StoreError
from vilina_ingest.influx.settings import InfluxSettings
from vilina_ingest.influx.store import InfluxStore
from vilina_ingest.store import Batch


@dataclass
class Target:
    """Where to set things up, and as whom."""

    url: str
    org: str
    token: str
    bucket: str

    def init(self, secrets: Path, *more: str, **changes: str) -> Result:
        given = {"url": self.url, "org": self.org, "bucket": self.bucket, "secrets": str(secrets)} | changes
        token = given.pop("token", self.token)
        options = [part for key, value in given.items() for part in (f"--{key}", value)]
        return CliRunner().invoke(influx, ["init", *options, *more], env={TOKEN: token})


def real() -> Target:
    if URL not in os.environ:
        pytest.skip(
            f"needs an InfluxDB 2: name it in {URL}, VILINA_TEST_INFLUX_TOKEN and VILINA_TEST_INFLUX_ORG"
        )
    server = influx_server()
    bucket = f"vilina-test-{uuid4().hex[:16]}"
    server.made.add(bucket)
    assert server.settings.token is not None
    return Target(server.settings.url, server.settings.org, server.settings.token.get_secret_value(), bucket)


@pytest.fixture
def admin() -> Iterator[PretendedAdmin]:
    with PretendedAdmin() as started:
        yield started


@pytest.fixture(params=["pretended", "real"])
def target(request: pytest.FixtureRequest) -> Target:
    if request.param == "real":
        return real()
    admin: PretendedAdmin = request.getfixturevalue("admin")
    return Target(admin.url, ORG["name"], OPERATOR, "vilina")


def test_it_makes_everything_once_and_again_changes_nothing(target: Target, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    first = target.init(secrets)
    assert first.exit_code == 0, first.output
    assert first.output.count("made: ") == 5
    tokens = {path.name: path.read_text(encoding="utf-8") for path in secrets.iterdir()}
    assert set(tokens) == {"ingest.token", "api.token", "grafana.token"}
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o600}
    assert not any(token.strip() in first.output for token in tokens.values())
    again = target.init(secrets)
    assert (again.exit_code, again.output.count("made: ")) == (0, 0)
    assert {path.name: path.read_text(encoding="utf-8") for path in secrets.iterdir()} == tokens


def test_a_lost_or_dead_token_is_made_anew_and_the_others_stay(target: Target, tmp_path: Path) -> None:
    target.init(tmp_path)
    (tmp_path / "api.token").unlink()
    (tmp_path / "grafana.token").write_text("revoked", encoding="utf-8")
    kept = (tmp_path / "ingest.token").read_text(encoding="utf-8")
    assert target.init(tmp_path).output.count("made: ") == 2
    assert (tmp_path / "ingest.token").read_text(encoding="utf-8") == kept


def test_another_retention_is_a_change(target: Target, tmp_path: Path) -> None:
    target.init(tmp_path)
    changed = target.init(tmp_path, "--retention-days", "1200")
    assert f"made: bucket {target.bucket}, which keeps 1200 days" in changed.output
    assert "made" not in target.init(tmp_path, "--retention-days", "1200").output


def test_tokens_may_do_no_more_than_they_must(tmp_path: Path) -> None:
    target = real()
    other = Target(target.url, target.org, target.token, f"{target.bucket}-other")
    influx_server().made.add(other.bucket)
    assert target.init(tmp_path / "one").exit_code == other.init(tmp_path / "two").exit_code == 0

    def store(bucket: str, token: Path) -> InfluxStore:
        address = f"influx:{target.url}?org={target.org}&bucket={bucket}&token-file={token}"
        return InfluxStore(InfluxSettings.parse(address))

    batch = Batch([crossings(1, end=NOON)])
    bins = quarter_hours(1, NOON - (quarter_hours(1).edges[1] - NOON))
    with closing(store(target.bucket, tmp_path / "one" / "ingest.token")) as ingest:
        ingest.write(batch)
        assert ingest.flows("square", bins, ["door-a"])["door-a"].entered == (1,)
    with closing(store(other.bucket, tmp_path / "one" / "ingest.token")) as elsewhere:
        with pytest.raises(StoreError):
            elsewhere.write(batch)
        with pytest.raises(StoreError):
            elsewhere.flows("square", bins, ["door-a"])
    for role in ("api", "grafana"):
        with closing(store(target.bucket, tmp_path / "one" / f"{role}.token")) as reader:
            assert reader.flows("square", bins, ["door-a"])["door-a"].entered == (1,)
            with pytest.raises(StoreError, match="token"):
                reader.write(batch)


def test_no_server_a_wrong_token_and_an_unknown_organisation_are_said_clearly(
    target: Target, tmp_path: Path
) -> None:
    nobody = target.init(tmp_path, url=f"http://127.0.0.1:{free_port()}")
    assert "there is no InfluxDB at" in nobody.output
    wrong = target.init(tmp_path, token="wrong")
    assert "refuses the operator's token" in wrong.output
    unknown = target.init(tmp_path, org="nobody")
    assert f"no organisation 'nobody' that this token may see (it sees: {target.org})" in unknown.output
    nonsense = target.init(tmp_path, url="localhost")
    assert "address is not understood" in nonsense.output
    assert [one.exit_code for one in (nobody, wrong, unknown, nonsense)] == [1, 1, 1, 1]
    assert list(tmp_path.iterdir()) == []


def test_the_operators_token_may_be_in_a_file_or_be_asked_for(admin: PretendedAdmin, tmp_path: Path) -> None:
    (tmp_path / "operator").write_text(f"{OPERATOR}\n", encoding="utf-8")
    arguments = ["init", "--url", admin.url, "--org", ORG["name"], "--secrets", str(tmp_path / "secrets")]
    from_file = [*arguments, "--operator-token-file", str(tmp_path / "operator")]
    assert CliRunner().invoke(influx, from_file).exit_code == 0
    asked = CliRunner().invoke(influx, arguments, input=f"{OPERATOR}\n", env={TOKEN: ""})
    assert asked.exit_code == 0
    assert OPERATOR not in asked.output
    missing = CliRunner().invoke(influx, [*arguments, "--operator-token-file", str(tmp_path / "nothing")])
    assert "cannot be read" in missing.output
