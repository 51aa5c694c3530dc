"""Deletes what could not be read once its time is over, in every version and with its delete mark.

Nobody can tell whose such a text is, so no legal hold can be asked for it: the days are long.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assent.rights.retention import Swept

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_s3 import S3Client

    from assent.rights.retention import Rule

_OBJECTS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class QuarantineSweep:
    """A `Sweep`. Raises ClientError."""

    client: S3Client
    bucket: str

    def sweep(self, rule: Rule, now: datetime, cursor: str | None) -> Swept:
        until = now - timedelta(days=rule.days or 0)
        start: Any = json.loads(cursor) if cursor else {}
        page = self.client.list_object_versions(
            Bucket=self.bucket, MaxKeys=_OBJECTS_AT_ONCE, **start
        )
        listed: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        over = [each for each in listed if each["LastModified"] < until]
        for each in over:
            self.client.delete_object(
                Bucket=self.bucket, Key=each["Key"], VersionId=each["VersionId"]
            )
        if not page.get("IsTruncated"):
            return Swept(len(over), 0, None)
        following = {
            "KeyMarker": page["NextKeyMarker"],
            "VersionIdMarker": page["NextVersionIdMarker"],
        }
        return Swept(len(over), 0, json.dumps(following))
