"""Stored texts: one item per version, written once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.aws.tables import bind
from assent.aws.template_item import TemplateItem
from assent.errors import AlreadyExistsError, TemplateNotFoundError
from assent.identifiers import TemplateId
from assent.messages.stored import StoredTemplate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoTemplateStore:
    """A `TemplateStore`. Templates are few: listing them scans the table."""

    def __init__(self, client: DynamoDBClient, templates_table: str) -> None:
        self._templates = bind(TemplateItem, templates_table, client)

    def add(self, template: StoredTemplate) -> None:
        item = self._templates(
            template.template_id,
            template.version,
            name=template.name,
            locale=template.locale,
            body=template.body,
            others=dict(template.others),
            created_at=template.created_at,
            created_by=template.created_by,
        )
        with translated(AlreadyExistsError("This version exists and stays as it is.")):
            item.save(condition=TemplateItem.version.does_not_exist())

    def template(self, template_id: TemplateId, version: int | None = None) -> StoredTemplate:
        only = None if version is None else TemplateItem.version == version
        with translated():
            found = list(
                self._templates.query(
                    template_id, only, consistent_read=True, scan_index_forward=False, limit=1
                )
            )
        if not found:
            message = "There is no template of this id and version."
            raise TemplateNotFoundError(message)
        return _template_of(found[0])

    def newest(self) -> Sequence[StoredTemplate]:
        with translated():
            found = [_template_of(item) for item in self._templates.scan(consistent_read=True)]
        found.sort(key=lambda each: (each.template_id, each.version))
        newest = {each.template_id: each for each in found}
        return list(newest.values())


def _template_of(item: TemplateItem) -> StoredTemplate:
    return StoredTemplate(
        template_id=TemplateId(item.template_id),
        version=int(item.version),
        name=item.name,
        locale=item.locale,
        body=item.body,
        created_at=item.created_at,
        created_by=item.created_by,
        others=dict(item.others),
    )
