"""A provider with a list of its own, our standings, and the run that brings them in step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assent.consent.events import EventType, Source
from assent.consent.service import ConsentService
from assent.phone import PhoneNumber
from assent.provider_opt_outs.learning import Learning
from assent.provider_opt_outs.reconciling import Reconciled, Reconciling
from assent.provider_opt_outs.sweeping import Sweeping
from assent.provider_opt_outs.telling import Teller
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.fakes.in_memory_opt_out_list import InMemoryOptOutList
from tests.fakes.in_memory_sweep_store import InMemorySweepStore
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.fakes.sequential_ids import SequentialIds
from tests.unit.campaigns.faults import Faults, watched

if TYPE_CHECKING:
    from assent.consent.events import ConsentEvent

PHONES = [PhoneNumber(f"+1612555{n:04d}") for n in range(100, 120)]
ANNA, BEN, CARA = PHONES[:3]
KEYS = LocalPhoneKeys()


@dataclass
class World:
    """`is_sns`: the provider keeps no times and takes no numbers; two entries fill a page."""

    is_sns: bool = False
    clock: FrozenClock = field(default_factory=FrozenClock)
    store: InMemoryConsentStore = field(default_factory=InMemoryConsentStore)
    sweeps: InMemorySweepStore = field(default_factory=InMemorySweepStore)

    def __post_init__(self) -> None:
        self.ids = SequentialIds()
        self.provider = InMemoryOptOutList(
            self.clock, is_writable=not self.is_sns, keeps_times=not self.is_sns, page_size=2
        )
        self._inputs = 0

    @property
    def consent(self) -> ConsentService:
        return ConsentService(self.store, self.clock, self.ids)

    def reconciling(self, faults: Faults | None = None) -> Reconciling:
        """Return the run with every port behind `faults`."""

        def port(real: object, name: str) -> Any:
            return watched(real, name, faults) if faults else real

        provider = port(self.provider, "list")
        if faults:
            provider.rates = self.provider.rates
        store, outbox = port(self.store, "store"), port(self.store.outbox, "outbox")
        consent = ConsentService(store, self.clock, self.ids)
        learning = Learning(consent, port(KEYS, "keys"), outbox, self.clock)
        sweeping = Sweeping(provider, learning, port(self.sweeps, "sweeps"), self.clock)
        return Reconciling(sweeping, Teller(provider, store, outbox, self.clock), self.clock)

    def reconcile(self, faults: Faults | None = None, *, seconds: float = 600) -> Reconciled:
        return self.reconciling(faults).reconcile(self.clock.monotonic() + seconds)

    def texts_stop(self, phone: PhoneNumber, *, reaches_us: bool = True) -> None:
        """The provider lists whoever texts STOP, and hands the text on."""
        self.provider.opt_out(phone)
        if reaches_us:
            self._stop(phone, Source.INBOUND_SMS)

    def unsubscribes_on_the_web(self, phone: PhoneNumber) -> None:
        self._stop(phone, Source.FORM)

    def texts_start(self, phone: PhoneNumber) -> None:
        self._inputs += 1
        self.clock.advance(1)
        at, key = self.clock.now(), KEYS.key_of(phone)
        self.consent.start(key, phone, at, {}, f"in-{self._inputs}")

    def later(self, **duration: float) -> None:
        self.clock.advance(timedelta(**duration))

    def is_stopped(self, phone: PhoneNumber) -> bool:
        standing = self.store.standing(KEYS.key_of(phone))
        return standing is not None and standing.stopped_at is not None

    def opt_outs(self, phone: PhoneNumber) -> list[ConsentEvent]:
        history = self.store.history(KEYS.key_of(phone))
        return [event for event, _ in history if event.type is EventType.WITHDRAWN]

    def drift(self) -> set[PhoneNumber]:
        """Return who is opted out on one side only."""
        return {
            phone
            for phone in PHONES
            if (phone in self.provider.numbers()) != self.is_stopped(phone)
        }

    def _stop(self, phone: PhoneNumber, source: Source) -> None:
        self._inputs += 1
        self.clock.advance(1)
        key, at = KEYS.key_of(phone), self.clock.now()
        self.consent.stop(key, phone, at, {}, f"in-{self._inputs}", source)
