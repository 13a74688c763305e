"""Making what Vilina needs in an InfluxDB 2: a bucket, its name for InfluxQL, and tokens that may do what they must.

Everything is looked for first, so that doing it again changes nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal, cast

import urllib3
from influxdb_client import (
    Bucket,
    BucketRetentionRules,
    BucketsService,
    DBRPCreate,
    DBRPsService,
    InfluxDBClient,
    Organization,
    Permission,
    PermissionResource,
    PostBucketRequest,
)
from influxdb_client.rest import ApiException

from vilina_ingest.errors import StoreError
from vilina_ingest.influx.answers import reason_of

DAY_S: Final = 86_400
POLICY: Final = "vilina"
Role = Literal["ingest", "api", "grafana"]
MAY: Final[dict[Role, tuple[str, ...]]] = {
    "ingest": ("read", "write"),
    "api": ("read",),
    "grafana": ("read",),
}
"""Ingest reads, too: it makes the roll-up of what others have written."""


@contextmanager
def operator(url: str, token: str, *, ca_file: str | None = None) -> Iterator[InfluxDBClient]:
    """A client that may set things up; what goes wrong is said as what to do about it.

    Raises:
        StoreError: the server is not there, or refuses.
    """
    client = InfluxDBClient(url=url, token=token, ssl_ca_cert=ca_file, retries=False)
    try:
        yield client
    except ApiException as error:
        reason = reason_of(error.body or error.reason or "")
        if error.status in (401, 403):
            raise StoreError(f"the InfluxDB at {url} refuses the operator's token: {reason}") from error
        raise StoreError(f"{url} answers {error.status} ({reason}); is it an InfluxDB 2?") from error
    except ValueError as error:
        raise StoreError(f"{url} does not answer as an InfluxDB 2 does: {error}") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise StoreError(f"there is no InfluxDB at {url}: {str(error).rpartition('>: ')[2]}") from error
    finally:
        client.close()


def find_organization(client: InfluxDBClient, name: str) -> Organization:
    """The organisation of that name.

    Raises:
        StoreError: there is none that the token may see.
    """
    known = client.organizations_api().find_organizations()
    for organization in known:
        if organization.name == name:
            return cast("Organization", organization)
    names = ", ".join(sorted(one.name for one in known)) or "none"
    raise StoreError(
        f"there is no organisation {name!r} that this token may see (it sees: {names}); name one with --org"
    )


def ensure_bucket(
    client: InfluxDBClient, organization: Organization, name: str, *, retention_days: int | None
) -> tuple[Bucket, bool]:
    """The bucket, and whether anything was changed; it keeps points for so many days, or for ever."""
    seconds = 0 if retention_days is None else retention_days * DAY_S
    rules = [BucketRetentionRules(type="expire", every_seconds=seconds)]
    known = client.buckets_api().find_buckets_iter(org_id=organization.id)
    bucket = next((one for one in known if one.name == name), None)
    if bucket is None:
        wanted = PostBucketRequest(
            org_id=organization.id,
            name=name,
            retention_rules=rules,
            description="Vilina: counts of people, and nothing else",
        )
        return BucketsService(client.api_client).post_buckets(wanted), True
    kept = bucket.retention_rules[0].every_seconds if bucket.retention_rules else 0
    if kept == seconds:
        return bucket, False
    bucket.retention_rules = rules
    return client.buckets_api().update_bucket(bucket), True


def ensure_mapping(client: InfluxDBClient, bucket: Bucket) -> bool:
    """Make the bucket the database of its own name for InfluxQL (DBRP); whether it had to be made."""
    service = DBRPsService(client.api_client)
    known = service.get_dbr_ps(org_id=bucket.org_id, bucket_id=bucket.id, db=bucket.name).content
    if any(mapping.default and not mapping.virtual for mapping in known):
        return False
    wanted = DBRPCreate(
        org_id=bucket.org_id, bucket_id=bucket.id, database=bucket.name, retention_policy=POLICY, default=True
    )
    service.post_dbrp(wanted)
    return True


def make_token(client: InfluxDBClient, bucket: Bucket, role: Role) -> str:
    """A new token for one bucket."""
    resource = PermissionResource(type="buckets", id=bucket.id, org_id=bucket.org_id)
    made = client.authorizations_api().create_authorization(
        org_id=bucket.org_id,
        permissions=[Permission(action=action, resource=resource) for action in MAY[role]],
    )
    made.description = f"vilina {role}: {' and '.join(MAY[role])} bucket {bucket.name}"
    client.authorizations_api().update_authorization(made)
    return str(made.token)
