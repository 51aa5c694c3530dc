from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from assent.aws import clients
from assent.aws.import_bucket import S3ImportBucket
from assent.errors import ChangedMeanwhileError
from tests.fakes.in_memory_import_files import InMemoryImportFiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.imports.model import ImportFiles

KEY = "imports/i_1/file"
BODY = b"phone,where\n" + b"+12065550123,form\n" * 40_000


@pytest.fixture
def real(cloud: None) -> S3ImportBucket:
    clients.s3().create_bucket(Bucket="imports")
    return S3ImportBucket(clients.s3(), "imports")


@pytest.fixture(params=["fake", "aws"])
def files(request: pytest.FixtureRequest) -> ImportFiles:
    if request.param == "fake":
        return InMemoryImportFiles(65536)
    bucket: S3ImportBucket = request.getfixturevalue("real")
    return bucket


@pytest.fixture
def put(files: ImportFiles) -> Callable[[bytes], str]:
    """Upload as a browser does; return the file's ETag."""

    def upload(body: bytes) -> str:
        if isinstance(files, InMemoryImportFiles):
            files.put(KEY, body)
        else:
            clients.s3().put_object(Bucket="imports", Key=KEY, Body=body)
        found = files.upload(KEY)
        assert found is not None
        assert found.size == len(body)
        return found.etag

    return upload


def test_before_the_upload_there_is_nothing(files: ImportFiles) -> None:
    assert files.upload(KEY) is None


@pytest.mark.parametrize("start", [0, 12, 300_001, len(BODY) - 1])
def test_a_file_is_read_from_any_byte_on_in_chunks(
    files: ImportFiles, put: Callable[[bytes], str], start: int
) -> None:
    chunks = list(files.read(KEY, start, put(BODY)))
    assert b"".join(chunks) == BODY[start:]
    assert max(map(len, chunks)) < len(BODY)


def test_an_empty_file_is_read_as_nothing(files: ImportFiles, put: Callable[[bytes], str]) -> None:
    assert list(files.read(KEY, 0, put(b""))) == []


def test_another_file_in_its_place_is_not_read(
    files: ImportFiles, put: Callable[[bytes], str]
) -> None:
    etag = put(BODY)
    put(BODY + b"more")
    with pytest.raises(ChangedMeanwhileError):
        list(files.read(KEY, 12, etag))


def test_a_report_can_be_written_again(files: ImportFiles) -> None:
    files.write_report("imports/i_1/run-report-00000.csv", b"a")
    files.write_report("imports/i_1/run-report-00000.csv", b"b")
    found = files.upload("imports/i_1/run-report-00000.csv")
    assert found is not None
    assert found.size == 1


def test_links_name_one_object_and_die(real: S3ImportBucket) -> None:
    for link in (
        real.upload_link(KEY, timedelta(minutes=15)),
        real.download_link(KEY, timedelta(minutes=15)),
    ):
        parts = urlsplit(link)
        query = parse_qs(parts.query)
        assert parts.path.endswith(KEY)
        assert "X-Amz-Expires" in query or "Expires" in query
