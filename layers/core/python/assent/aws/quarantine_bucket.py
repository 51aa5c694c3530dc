"""Inbound events that could not be read, kept whole until a person has looked at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.aws.answers import translated

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class S3QuarantineBucket:
    """Keeps raw event bodies; the name is the queue's message id, so a redelivery adds nothing."""

    client: S3Client
    bucket: str
    folder: str = "inbound"

    def keep(self, name: str, body: str, at: datetime) -> str:
        """Store `body` under the day of `at` and return its key. Raises TryAgainError."""
        key = f"{self.folder}/{at:%Y/%m/%d}/{name}"
        with translated():
            self.client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=body.encode(errors="surrogatepass"),
                ContentType="text/plain; charset=utf-8",
            )
        return key
