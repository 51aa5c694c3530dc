"""Files for one reader in S3; the bucket's lifecycle ends them, and their links end before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class S3Papers:
    """`Papers`. Raises ClientError."""

    client: S3Client
    bucket: str

    def put(self, name: str, body: str, content_type: str) -> None:
        self.client.put_object(
            Bucket=self.bucket,
            Key=name,
            Body=body.encode(),
            ContentType=content_type,
            CacheControl="no-store",
        )

    def link(self, name: str, valid_for: timedelta) -> str:
        return self.client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self.bucket, "Key": name},
            ExpiresIn=int(valid_for.total_seconds()),
        )
