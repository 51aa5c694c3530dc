"""Shows people their own pages: confirm, unsubscribe, preferences."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.abuse.counters import Subjects
from assent.abuse.guard import Conversions
from assent.aws import clients
from assent.aws.breakers import DynamoBreakers
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.link_store import DynamoLinkStore
from assent.aws.phone_keys import macs_of, phone_keys
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.sealed_links import derived_seal
from assent.choices.confirming import Confirming
from assent.choices.leaving import Leaving
from assent.choices.own_data import OwnData
from assent.choices.sealed import FoundByNumber
from assent.clock import SystemClock
from assent.consent.erasing import Erasing
from assent.consent.service import ConsentService
from assent.identifiers import RandomIds
from assent.links.service import Links
from assent.settings import PagesSettings
from assent.telemetry import invocation
from assent.web.doors import PageServices, subscribers_site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.web.site import Site


@functools.cache
def wiring() -> PageServices:
    """Read the environment once and put the parts together."""
    settings = PagesSettings.from_env()
    dynamodb, clock, ids = clients.dynamodb(), SystemClock(), RandomIds()
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        settings.control_table,
        settings.outbox_table,
    )
    store = DynamoConsentStore(dynamodb, tables, clock)
    programmes = DynamoProgrammeStore(dynamodb, settings.programmes_table)
    consent = ConsentService(store, clock, ids)
    keys = phone_keys(clients.kms(), settings, store.standing)
    seal = derived_seal(macs_of(clients.kms, settings.link_key_id), settings.link_key_versions)
    links = Links(
        DynamoLinkStore(dynamodb, settings.control_table),
        clock,
        ids,
        FoundByNumber(seal, keys, store.standing),
    )
    breakers = DynamoBreakers(dynamodb, settings.control_table)
    conversions = Conversions(breakers, Subjects(keys.mac), clock)
    return PageServices(
        links=links,
        confirming=Confirming(links, consent, programmes, conversions, clock),
        leaving=Leaving(links, consent, programmes, clock),
        own=OwnData(links, consent, programmes, store, Erasing(consent), clock),
        profiles=store,
    )


def api() -> Site:
    """Return the routes; nothing is built before the first request."""
    return subscribers_site(wiring)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API request."""
    with invocation(event["requestContext"]["requestId"]):
        return api().resolve(event)
