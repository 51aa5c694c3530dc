"""The demo programme, put straight into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.clock import SystemClock
from assent.identifiers import ProgrammeId
from assent.programmes.service import ProgrammeDraft, ProgrammeService

if TYPE_CHECKING:
    from tests.functions.world import World

DEMO = ProgrammeId("demo")
COUNTRIES = ("US", "CA", "GB", "FR")
DISCLOSURE = (
    "I agree to receive recurring automated marketing texts from Example Shop, up to 8 msgs/month. "
    "Consent is not a condition of any purchase. Msg & data rates may apply. Reply STOP to cancel, "
    "HELP for help. Terms: https://example.com/terms Privacy: https://example.com/privacy"
)
DISCLOSURE_FR = (
    "J'accepte de recevoir des SMS publicitaires de Example Shop, 8 messages par mois au plus. Le "
    "consentement n'est pas une condition d'achat. Des frais peuvent s'appliquer. Répondez STOP "
    "pour arrêter, HELP pour de l'aide. https://example.com/terms https://example.com/privacy"
)


def draft(programme_id: ProgrammeId = DEMO) -> ProgrammeDraft:
    return ProgrammeDraft(
        programme_id=programme_id,
        name="Weekly offers",
        brand="Example Shop",
        description="Deals of the week",
        max_per_month=8,
        countries=COUNTRIES,
        locales=("en", "fr"),
        terms_url="https://example.com/terms",
        privacy_url="https://example.com/privacy",
        topics=("deals",),
        origins=("https://shop.example",),
    )


def publish_demo(world: World) -> None:
    store = world.wire("consent_api").programmes
    service = ProgrammeService(store, SystemClock(), COUNTRIES)
    service.create(draft())
    service.publish_disclosure(DEMO, "en", DISCLOSURE)
    service.publish_disclosure(DEMO, "fr", DISCLOSURE_FR)
