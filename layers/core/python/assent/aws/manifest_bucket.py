"""Planned batches as JSON objects in S3, in the shape that the workflow's map reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.campaigns.model import Batch
from assent.identifiers import SubscriberKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class S3ManifestStore:
    """A `ManifestStore`."""

    client: S3Client
    bucket: str

    def write(self, key: str, batches: Sequence[Batch]) -> None:
        """Raises TryAgainError."""
        body = json.dumps(
            [
                {
                    "batch_id": batch.batch_id,
                    "subscriber_keys": batch.subscriber_keys,
                    "parts": batch.parts,
                }
                for batch in batches
            ],
            separators=(",", ":"),
        )
        with translated():
            self.client.put_object(
                Bucket=self.bucket, Key=key, Body=body.encode(), ContentType="application/json"
            )

    def read(self, key: str) -> Sequence[Batch]:
        """Raises TryAgainError."""
        with translated():
            body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return [
            Batch(
                entry["batch_id"],
                tuple(map(SubscriberKey, entry["subscriber_keys"])),
                entry["parts"],
            )
            for entry in json.loads(body)
        ]
