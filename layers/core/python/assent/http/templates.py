"""Staff routes over stored texts: create, list, read, add a version; nothing changes in place."""

from collections.abc import Callable
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from assent.clock import iso
from assent.http.cursors import PAGE, Cursors, page_of
from assent.http.parameters import CursorInQuery, LimitInQuery, TemplateInPath
from assent.http.resolver import Api
from assent.http.shapes_templates import (
    NewTemplate,
    NewTemplateVersion,
    TemplatePage,
    TemplateShown,
)
from assent.identifiers import TemplateId
from assent.messages.stored import StoredTemplate, Templates, Wording
from assent.telemetry import record

VersionInQuery = Annotated[int | None, Query(ge=1, le=10**6)]


def add_templates(api: Api, service: Callable[[], Templates], cursors: Cursors) -> None:
    """Register the routes."""

    @api.get("/v1/templates", tags=["Templates"])
    def list_templates(limit: LimitInQuery = PAGE, cursor: CursorInQuery = None) -> TemplatePage:
        """The newest version of each text, by id."""
        after = cursors.read("templates", cursor)
        page, more = page_of(service().store.newest(), lambda t: t.template_id, after, limit)
        return TemplatePage(
            items=[_shown(each) for each in page], next_cursor=cursors.issue("templates", more)
        )

    @api.post("/v1/templates", status_code=201, tags=["Templates"])
    def create_template(body: NewTemplate) -> TemplateShown:
        """Keep a text as version 1, if it could be sent to somebody."""
        made = service().create(_wording(body), api.staff.subject)
        api.about(made.template_id)
        record("template_created", {"template_id": made.template_id, "by": api.staff.subject})
        return _shown(made)

    @api.get("/v1/templates/<template_id>", tags=["Templates"])
    def read_template(template_id: TemplateInPath, version: VersionInQuery = None) -> TemplateShown:
        """One version of a text, the newest without `version`."""
        return _shown(service().store.template(TemplateId(template_id), version))

    @api.post("/v1/templates/<template_id>/versions", status_code=201, tags=["Templates"])
    def add_template_version(
        template_id: TemplateInPath, body: NewTemplateVersion
    ) -> TemplateShown:
        """Keep the next version. `version` is the one that the author has read; if there is a later
        one already, nothing is kept."""
        made = service().add_version(
            TemplateId(template_id), _wording(body), body.version, api.staff.subject
        )
        facts = {"template_id": template_id, "version": made.version, "by": api.staff.subject}
        record("template_version_added", facts)
        return _shown(made)


def _wording(body: NewTemplate) -> Wording:
    return Wording(body.name, body.locale, body.body, body.others)


def _shown(template: StoredTemplate) -> TemplateShown:
    return TemplateShown(
        template_id=template.template_id,
        version=template.version,
        name=template.name,
        locale=template.locale,
        body=template.body,
        others=dict(template.others),
        created_at=iso(template.created_at),
        created_by=template.created_by,
    )
