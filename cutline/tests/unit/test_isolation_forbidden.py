"""What names production, in every spelling, and what only looks like it."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence

import pytest

from cutline.errors import WrongUsage
from cutline.steps.isolation.forbidden import forbidden, named_in

HOST = "db.prod.example.com"
NAMED: Mapping[str, Sequence[str]] = {
    "hosts": [
        "db.prod.example.com",
        "DB.Prod.Example.COM",
        "db.prod.example.com.",
        "db.prod.example.com:5432",
        "postgresql://u:p@db.prod.example.com:5432/x?sslmode=require",
        "https://db.prod.example.com/path",
        "jdbc:postgresql://db.prod.example.com/x",
        "replica.db.prod.example.com",
        "*.db.prod.example.com",
        "HOST=db.prod.example.com",
        "--host=db.prod.example.com",
        "a,db.prod.example.com;b",
        '{"host":"db.prod.example.com"}',
        "db%2Eprod%2Eexample%2Ecom",
        "%64b.prod.example.com",
        "db%252Eprod%252Eexample%252Ecom",
        r"db\u002eprod\u002eexample\u002ecom",
        r"https:\/\/db.prod.example.com\/x",
        "\uff44\uff42.prod.example.com",
        "db\u3002prod\uff0eexample.com",
        base64.b64encode(b"https://db.prod.example.com/x").decode(),
        base64.b64encode(base64.b64encode(b"url: db.prod.example.com")).decode(),
        base64.urlsafe_b64encode(b"???https://db.prod.example.com/~").decode().rstrip("="),
        base64.b64encode(gzip.compress(b"url: db.prod.example.com")).decode(),
        json.dumps({"inner": json.dumps({"url": "https://db.prod.example.com/"})}),
        "x" * 100_000 + " db.prod.example.com",
    ],
    "buckets": [
        "prod-data",
        "s3://prod-data/key",
        "gs://prod-data",
        "arn:aws:s3:::prod-data/*",
        "https://prod-data.s3.eu-central-1.amazonaws.com/x",
        "https://prod-data.s3-eu-west-1.amazonaws.com/x",
        "https://s3.amazonaws.com/prod-data/x",
        "https://prod-data.storage.googleapis.com/",
        "BUCKET=Prod-Data",
        "s3%3A%2F%2Fprod-data%2Fkey",
    ],
    "accounts": [
        "123456789012",
        "arn:aws:iam::123456789012:role/deploy",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app",
        "1234-5678-9012",
        "ACCOUNT=123456789012",
    ],
}
LOOKALIKES: Mapping[str, Sequence[str]] = {
    "hosts": [
        "",
        "example.com",
        "prod.example.com",
        "db.staging.example.com",
        "notdb.prod.example.com",
        "my-db.prod.example.com",
        "db.prod.example.com.evil.org",
        "db.prod.example.community",
        "db-prod.example.com",
        "db_prod_example_com",
        "dbxprod.example.com",
        "db.prod.example",
    ],
    "buckets": [
        "prod-data-staging",
        "my-prod-data",
        "prod_data",
        "prod-database",
        "prod-data.backup",
        "xprod-data",
        "s3://staging/prod-data-2",
    ],
    "accounts": ["1234567890123", "0123456789013", "23456789012", "x123456789012", "123456789012a"],
}
GIVEN = {"hosts": [HOST], "buckets": ["prod-data"], "accounts": ["123456789012"]}


def found(text: str, given: Mapping[str, Sequence[str]]) -> set[str]:
    return {str(one) for one in named_in(text, forbidden(given))}


@pytest.mark.parametrize("kind", NAMED)
def test_production_is_found_in_every_spelling(kind: str) -> None:
    """Case, port, last dot, subdomain, URL, JSON and base64 do not hide a name."""
    missed = [t for t in NAMED[kind] if f"{kind}: {GIVEN[kind][0]}" not in found(t, GIVEN)]
    assert missed == []


@pytest.mark.parametrize("kind", LOOKALIKES)
def test_what_only_looks_like_production_is_not_found(kind: str) -> None:
    """A longer or shorter name is another name."""
    assert [text for text in LOOKALIKES[kind] if found(text, GIVEN)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("10.1.2.3", "host: 10.1.2.3:5432"),
        ("10.1.0.0/16", "http://10.1.200.7/x"),
        ("2001:db8::1", "http://[2001:DB8:0:0::1]:80/"),
        ("10.1.2.3", "::ffff:10.1.2.3"),
        ("https://db.prod.example.com:443/", "DB.prod.example.com"),
        ("*.prod.example.com", "x.prod.example.com"),
        ("bücher.example", "https://xn--bcher-kva.example/"),
        ("xn--bcher-kva.example", "https://BÜCHER.example/"),
    ],
)
def test_a_host_may_be_an_address_a_network_a_url_or_of_another_script(
    name: str, text: str
) -> None:
    """Each is found as what it stands for."""
    assert found(text, {"hosts": [name]})


@pytest.mark.parametrize("text", ["10.1.2.30", "110.1.2.3", "10.1.2", "v10.1.2.3.4"])
def test_an_address_is_not_a_part_of_another(text: str) -> None:
    """Nor a version number."""
    assert not found(text, {"hosts": ["10.1.2.3"]})


def test_an_account_is_found_where_a_file_made_it_a_number() -> None:
    """YAML and JSON drop the zeros that it begins with."""
    assert found("12345678901", {"accounts": ["012345678901"]})


@pytest.mark.parametrize("given", [{}, {"hosts": []}, {"hosts": [""]}, {"buckets": [" "]}])
def test_a_step_that_forbids_nothing_is_refused(given: Mapping[str, Sequence[str]]) -> None:
    """It would pass whatever it reads."""
    with pytest.raises(WrongUsage):
        forbidden(given)
