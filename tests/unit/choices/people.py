"""One person, two programmes, and every service behind the pages on fakes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.abuse.counters import Subjects
from assent.abuse.guard import Conversions
from assent.choices.confirming import Confirming
from assent.choices.leaving import Leaving
from assent.choices.model import Visitor
from assent.choices.own_data import OwnData
from assent.consent.erasing import Erasing
from assent.identifiers import RandomIds
from assent.links.service import Links
from assent.programmes.model import Programme
from tests.fakes.in_memory_counters import InMemoryBreakers
from tests.fakes.in_memory_link_store import InMemoryLinkStore
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.unit.consent.people import ALERTS, KEY, OFFERS, World

if TYPE_CHECKING:
    from assent.identifiers import ProgrammeId

VISITOR = Visitor("/c/{token}", "203.0.113.9", "Firefox")


def programme(programme_id: ProgrammeId, most: int) -> Programme:
    return Programme(
        programme_id=programme_id,
        name=programme_id.title(),
        brand="Brew & Bloom",
        description="",
        max_per_month=most,
        countries=("US",),
        locales=("en", "fr-CA"),
        terms_url="https://brew.example/terms",
        privacy_url="javascript:alert(1)",
        topics=(programme_id, "shared"),
    )


@dataclass
class Home(World):
    """A consent world with pages."""

    link_store: InMemoryLinkStore = field(default_factory=InMemoryLinkStore)
    programmes: InMemoryProgrammeStore = field(default_factory=InMemoryProgrammeStore)
    breakers: InMemoryBreakers = field(default_factory=InMemoryBreakers)

    def __post_init__(self) -> None:
        super().__post_init__()
        for programme_id, most in ((OFFERS, 8), (ALERTS, 30)):
            self.programmes.create(programme(programme_id, most))

    @property
    def links(self) -> Links:
        return Links(self.link_store, self.clock, RandomIds())

    @property
    def confirming(self) -> Confirming:
        conversions = Conversions(self.breakers, Subjects(LocalPhoneKeys().mac), self.clock)
        return Confirming(self.links, self.service, self.programmes, conversions, self.clock)

    @property
    def leaving(self) -> Leaving:
        return Leaving(self.links, self.service, self.programmes, self.clock)

    @property
    def own(self) -> OwnData:
        erasing = Erasing(self.service)
        return OwnData(self.links, self.service, self.programmes, self.store, erasing, self.clock)

    def asked(self) -> str:
        """Sign up and return the token of the link that confirms it."""
        epoch = self.ask().epoch
        until = self.clock.now() + timedelta(hours=72)
        return self.links.confirm(KEY, OFFERS, epoch, until).removeprefix("/c/")

    def exit(self) -> str:
        return self.links.unsubscribe(KEY, OFFERS, self.epoch()).removeprefix("/u/")

    def own_page(self) -> str:
        return self.links.preferences(KEY, OFFERS, self.epoch()).removeprefix("/p/")
