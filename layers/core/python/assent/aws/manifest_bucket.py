"""Planned batches as JSON objects in S3, in the shape that the workflow's map reads.

A draft lies in memory only while it is short and on the disk of its function from then on, so that
planning takes no more memory for a million people than for a page of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.campaigns.model import Batch
from assent.identifiers import SubscriberKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client

# A window of some thousand people; there are as many windows as calendars have openings.
_IN_MEMORY_BYTES = 2**18


@dataclass(frozen=True, slots=True)
class S3ManifestStore:
    """A `ManifestStore`."""

    client: S3Client
    bucket: str

    def draft(self) -> S3ManifestDraft:
        """Return a manifest without batches, of which S3 knows nothing yet."""
        return S3ManifestDraft(self.client, self.bucket)

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


class S3ManifestDraft:
    """A `ManifestDraft`."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - see `keep`
        self._before = b"["

    def add(self, batch: Batch) -> None:
        entry = {
            "batch_id": batch.batch_id,
            "subscriber_keys": batch.subscriber_keys,
            "parts": batch.parts,
        }
        self._file.write(self._before + json.dumps(entry, separators=(",", ":")).encode())
        self._before = b","

    def keep(self, key: str) -> None:
        """Raises TryAgainError."""
        with self._file as file:
            file.write(b"]" if self._before == b"," else b"[]")
            is_short = file.tell() <= _IN_MEMORY_BYTES
            file.seek(0)
            body = file.read() if is_short else file
            with translated():
                self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=body, ContentType="application/json"
                )
