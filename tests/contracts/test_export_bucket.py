from __future__ import annotations

import os
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from assent.aws import clients
from assent.aws.export_bucket import S3ExportBucket
from assent.evidence.export import Part
from tests.fakes.in_memory_export_bucket import InMemoryExportBucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.evidence.export import ExportSink

KEY = "exports/e_1/consent-export-e_1.zip"
FIRST = os.urandom(5 * 1024 * 1024)


@pytest.fixture
def real(cloud: None) -> S3ExportBucket:
    clients.s3().create_bucket(Bucket="exports")
    return S3ExportBucket(clients.s3(), "exports")


@pytest.fixture(params=["fake", "aws"])
def sink(request: pytest.FixtureRequest) -> ExportSink:
    if request.param == "fake":
        return InMemoryExportBucket()
    bucket: S3ExportBucket = request.getfixturevalue("real")
    return bucket


@pytest.fixture
def content(request: pytest.FixtureRequest, sink: ExportSink) -> Callable[[], bytes]:
    """Read the finished file."""
    if isinstance(sink, InMemoryExportBucket):
        return lambda: sink.objects[KEY]

    def read() -> bytes:
        return clients.s3().get_object(Bucket="exports", Key=KEY)["Body"].read()

    return read


def test_parts_become_one_file_in_order(sink: ExportSink, content: Callable[[], bytes]) -> None:
    upload_id = sink.begin(KEY)
    parts = [sink.part(KEY, upload_id, n, body) for n, body in enumerate((FIRST, b"end"), 1)]
    sink.complete(KEY, upload_id, parts)
    assert content() == FIRST + b"end"
    assert [part.bytes for part in parts] == [len(FIRST), 3]


def test_completing_again_changes_nothing(sink: ExportSink, content: Callable[[], bytes]) -> None:
    upload_id = sink.begin(KEY)
    parts = [sink.part(KEY, upload_id, 1, b"all")]
    sink.complete(KEY, upload_id, parts)
    sink.complete(KEY, upload_id, parts)
    assert content() == b"all"


def test_a_part_written_again_replaces_the_first(
    sink: ExportSink, content: Callable[[], bytes]
) -> None:
    upload_id = sink.begin(KEY)
    sink.part(KEY, upload_id, 1, b"lost in a crash")
    sink.complete(KEY, upload_id, [sink.part(KEY, upload_id, 1, b"again")])
    assert content() == b"again"


def test_an_upload_can_be_dropped_twice(sink: ExportSink) -> None:
    upload_id = sink.begin(KEY)
    sink.part(KEY, upload_id, 1, b"x")
    sink.abort(KEY, upload_id)
    sink.abort(KEY, upload_id)


def test_parked_bytes_come_back(sink: ExportSink) -> None:
    sink.park("exports/e_1/tail-1", b"\x00\xff")
    sink.park("exports/e_1/tail-2", b"")
    assert sink.parked("exports/e_1/none") is None
    assert sink.parked("exports/e_1/tail-1") == b"\x00\xff"
    assert sink.parked("exports/e_1/tail-2") == b""


@pytest.mark.parametrize("is_there", [True, False], ids=["made before", "dropped"])
def test_an_upload_that_is_gone_is_fine_only_if_its_file_is_there(is_there: bool) -> None:
    client: Any = botocore.session.get_session().create_client(
        "s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as s3:
        s3.add_client_error("complete_multipart_upload", "NoSuchUpload", http_status_code=404)
        if is_there:
            s3.add_response("head_object", {"ContentLength": 1})
        else:
            s3.add_client_error("head_object", "404", http_status_code=404)
        sink = S3ExportBucket(client, "exports")
        with nullcontext() if is_there else pytest.raises(ClientError, match="NoSuchUpload"):
            sink.complete(KEY, "u-1", [Part(1, "etag", 1)])


def test_a_link_is_a_download_that_dies_by_itself(real: S3ExportBucket) -> None:
    link = urlsplit(real.link(KEY, timedelta(minutes=15)))
    query = parse_qs(link.query)
    assert link.path.endswith(KEY)
    (disposition,) = query["response-content-disposition"]
    assert disposition == 'attachment; filename="consent-export-e_1.zip"'
    assert "X-Amz-Expires" in query or "Expires" in query
