"""Tables as `template.yaml` declares them, so that a test meets the schema that is deployed."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tests.architecture.deployable import of_type

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TemplateTables:
    """Creates a table when a test first asks for it; each instance has names of its own."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self._prefix = f"t{uuid.uuid4().hex[:12]}"
        self._names: dict[str, str] = {}

    def name(self, logical_id: str) -> str:
        """Return the name of the table that the template calls `logical_id`."""
        if logical_id not in self._names:
            self._names[logical_id] = self._create(logical_id)
        return self._names[logical_id]

    def drop(self) -> None:
        for name in self._names.values():
            self._client.delete_table(TableName=name)

    def _create(self, logical_id: str) -> str:
        declared = of_type("AWS::DynamoDB::Table")[logical_id]
        name = f"{self._prefix}-{logical_id}"
        indexes = declared.get("GlobalSecondaryIndexes")
        request: dict[str, Any] = {
            "TableName": name,
            "BillingMode": declared["BillingMode"],
            "AttributeDefinitions": declared["AttributeDefinitions"],
            "KeySchema": declared["KeySchema"],
            **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
        }
        self._client.create_table(**request)
        return name
