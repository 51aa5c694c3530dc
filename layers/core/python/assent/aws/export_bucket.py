"""The export file in S3: a multipart upload, and a link that dies by itself.

Completing is made safe to repeat here, because a build may die between the bucket's yes and its
own note of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from assent.evidence.export import Part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from mypy_boto3_s3 import S3Client

_ZIP = "application/zip"


@dataclass(frozen=True, slots=True)
class S3ExportBucket:
    """An `ExportSink` and `ExportLinks` on one bucket. The bucket's lifecycle ends what is old:
    files, parked states and uploads that nobody finished."""

    client: S3Client
    bucket: str

    def begin(self, object_key: str) -> str:
        """Open an upload and return its id."""
        opened = self.client.create_multipart_upload(
            Bucket=self.bucket, Key=object_key, ContentType=_ZIP
        )
        return opened["UploadId"]

    def part(self, object_key: str, upload_id: str, number: int, body: bytes) -> Part:
        """Write one part; writing a number again replaces it."""
        written = self.client.upload_part(
            Bucket=self.bucket, Key=object_key, UploadId=upload_id, PartNumber=number, Body=body
        )
        return Part(number, written["ETag"], len(body))

    def complete(self, object_key: str, upload_id: str, parts: Sequence[Part]) -> None:
        """Make the object of exactly these parts. Raises ClientError when a part was replaced."""
        listed = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        try:
            self.client.complete_multipart_upload(
                Bucket=self.bucket,
                Key=object_key,
                UploadId=upload_id,
                MultipartUpload={"Parts": listed},  # type: ignore[typeddict-item]
            )
        except ClientError as error:
            if _code(error) != "NoSuchUpload" or not self._exists(object_key):
                raise

    def abort(self, object_key: str, upload_id: str) -> None:
        """Drop an upload; one that is gone counts as dropped."""
        try:
            self.client.abort_multipart_upload(
                Bucket=self.bucket, Key=object_key, UploadId=upload_id
            )
        except ClientError as error:
            if _code(error) != "NoSuchUpload":
                raise

    def park(self, key: str, body: bytes) -> None:
        """Keep bytes beside the file."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body)

    def parked(self, key: str) -> bytes | None:
        """Return parked bytes; None where there are none."""
        try:
            found = self.client.get_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            # Who may not list a bucket is told "forbidden" for what is not there.
            if _code(error) in ("NoSuchKey", "404", "AccessDenied", "403"):
                return None
            raise
        return found["Body"].read()

    def link(self, object_key: str, valid_for: timedelta) -> str:
        """Return a URL that serves the object as a download until `valid_for` has passed, or until
        the signer's own credentials end, if that is sooner."""
        name = PurePosixPath(object_key).name
        return self.client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": object_key,
                "ResponseContentDisposition": f'attachment; filename="{name}"',
            },
            ExpiresIn=int(valid_for.total_seconds()),
        )

    def _exists(self, object_key: str) -> bool:
        try:
            self.client.head_object(Bucket=self.bucket, Key=object_key)
        except ClientError as error:
            if _code(error) in ("404", "NoSuchKey", "403"):
                return False
            raise
        return True


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
