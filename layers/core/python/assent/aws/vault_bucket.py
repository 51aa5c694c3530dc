"""The vault: a bucket under Object Lock, where each name is written once and kept.

The bucket's default retention (COMPLIANCE) locks each object as it arrives; no role here has a
right to delete, to shorten a lock or to bypass one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from assent.aws.answers import code_of, translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")
# Who may not list a bucket is told "forbidden" for what is not there.
_ABSENT = ("NoSuchKey", "404", "AccessDenied", "403")


@dataclass(frozen=True, slots=True)
class S3Vault:
    """A `Vault`."""

    client: S3Client
    bucket: str

    def put_once(self, name: str, body: bytes) -> bool:
        """Also raises TryAgainError: then it may be written, and asking again will tell."""
        with translated():
            try:
                self.client.put_object(Bucket=self.bucket, Key=name, Body=body, IfNoneMatch="*")
            except ClientError as error:
                if code_of(error) in _TAKEN:
                    return False
                raise
        return True

    def get(self, name: str) -> bytes | None:
        with translated():
            try:
                found = self.client.get_object(Bucket=self.bucket, Key=name)
            except ClientError as error:
                if code_of(error) in _ABSENT:
                    return None
                raise
        return found["Body"].read()
