"""How one version of a stored text looks as an item."""

from __future__ import annotations

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from assent.aws.tables import InstantAttribute


class TemplateItem(Model):
    """A version of a text; never written again."""

    template_id = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(range_key=True)
    name = UnicodeAttribute()
    locale = UnicodeAttribute()
    body = UnicodeAttribute()
    others = JSONAttribute()
    created_at = InstantAttribute()
    created_by = UnicodeAttribute()
