"""Uploaded files and reports in S3: read in chunks from any byte on, never whole.

Each read names the file's ETag, so that rows of one file are never mixed with another's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from assent.aws.answers import code_of
from assent.errors import ChangedMeanwhileError
from assent.imports.model import Upload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from mypy_boto3_s3 import S3Client

_CHUNK_BYTES = 256 * 1024
_MISSING = ("404", "NoSuchKey")
_REPLACED = ("412", "PreconditionFailed")


@dataclass(frozen=True, slots=True)
class S3ImportBucket:
    """An `ImportFiles`. The bucket's lifecycle deletes files and reports."""

    client: S3Client
    bucket: str

    def upload_link(self, object_key: str, valid_for: timedelta) -> str:
        return self.client.generate_presigned_url(
            "put_object",
            Params={"Bucket": self.bucket, "Key": object_key},
            ExpiresIn=int(valid_for.total_seconds()),
        )

    def upload(self, object_key: str) -> Upload | None:
        try:
            found = self.client.head_object(Bucket=self.bucket, Key=object_key)
        except ClientError as error:
            if code_of(error) in _MISSING:
                return None
            raise
        return Upload(found["ContentLength"], found["ETag"])

    def read(self, object_key: str, start: int, etag: str) -> Iterator[bytes]:
        if start == 0 and self._is_empty(object_key):
            return
        try:
            found = self.client.get_object(
                Bucket=self.bucket, Key=object_key, Range=f"bytes={start}-", IfMatch=etag
            )
        except ClientError as error:
            if code_of(error) in _REPLACED:
                message = "another file lies there"
                raise ChangedMeanwhileError(message) from error
            raise
        yield from found["Body"].iter_chunks(_CHUNK_BYTES)

    def _is_empty(self, object_key: str) -> bool:
        """A range of an empty object is an error in S3."""
        upload = self.upload(object_key)
        return upload is None or upload.size == 0

    def write_report(self, object_key: str, body: bytes) -> None:
        self.client.put_object(
            Bucket=self.bucket, Key=object_key, Body=body, ContentType="text/csv; charset=utf-8"
        )

    def download_link(self, object_key: str, valid_for: timedelta) -> str:
        name = object_key.removeprefix("imports/").replace("/", "-")
        return self.client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": object_key,
                "ResponseContentDisposition": f'attachment; filename="{name}"',
            },
            ExpiresIn=int(valid_for.total_seconds()),
        )
