"""An import on fakes: a programme, an uploaded file, and the numbers that it meets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.consent.events import Source as Door
from assent.consent.service import ConsentService
from assent.identifiers import ProgrammeId
from assent.imports.deciding import RowDeciding
from assent.imports.model import Import, Source
from assent.imports.running import ImportRunning, RunStatus
from assent.imports.service import ImportService, report_key
from assent.opt_in.other_doors import OtherDoors
from assent.phone import PhoneNumber
from assent.programmes.model import OptInTerms, Programme
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.fakes.in_memory_import_files import InMemoryImportFiles
from tests.fakes.in_memory_import_store import InMemoryImportStore
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore
from tests.fakes.in_memory_sign_up_queue import InMemorySignUpQueue
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.fakes.recording_workflow import RecordingWorkflow
from tests.fakes.sequential_ids import SequentialIds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.consent.model import ConsentStatus, Standing
    from assent.identifiers import SubscriberKey

OFFERS = ProgrammeId("offers")
WORDING = "I agree to recurring automated marketing texts from Example Shop. Reply STOP to end."
PROGRAMME = Programme(
    programme_id=OFFERS,
    name="Weekly offers",
    brand="Example Shop",
    description="Deals of the week",
    max_per_month=8,
    countries=("US", "CA", "GB"),
    locales=("en", "fr"),
    terms_url="https://example.com/terms",
    privacy_url="https://example.com/privacy",
)
HEADER = "phone,status,consented_at,wording,where,confirmed_at,confirmed_by,first_name\n"


def row(number: str, grade: str = "A", first_name: str = "") -> str:
    """A row whose evidence is of this grade; grade O reports an opt-out."""
    cells = {
        "A": f"yes,2026-01-05T10:00:00Z,{WORDING},the shop,2026-01-05T10:02:00Z,YES",
        "B": f"yes,2026-01-05T10:00:00Z,{WORDING},the shop,,",
        "C": "yes,2026-01-05T10:00:00Z,,the shop,,",
        "D": "yes,2026-01-05T10:00:00Z,,,,",
        "E": "yes,,,,,",
        "O": "stop,,,,,",
    }
    return f"{number},{cells[grade]},{first_name}\n"


class ImportHouse:
    """The service and its worker over the same stores."""

    def __init__(self, asks_per_minute: int = 1000) -> None:
        self.clock, self.ids = FrozenClock(), SequentialIds()
        self.keys = LocalPhoneKeys()
        self.store = InMemoryConsentStore()
        self.consent = ConsentService(self.store, self.clock, self.ids)
        self.programmes = InMemoryProgrammeStore()
        self.programmes.create(PROGRAMME)
        self.queue = InMemorySignUpQueue()
        self.files, self.imports = InMemoryImportFiles(1000), InMemoryImportStore()
        self.workflow = RecordingWorkflow()
        self.service = ImportService(
            self.imports, self.files, self.programmes, self.workflow, self.clock, self.ids
        )
        doors = OtherDoors(self.programmes, self.queue, self.clock, self.ids)
        deciding = RowDeciding(self.consent, doors, self.keys, self.clock, ("US", "CA", "FR"))
        self.running = ImportRunning(
            self.imports, self.files, deciding, self.clock, asks_per_minute
        )

    def handle(self, **grades: str) -> None:
        """Set what the programme does with people of a grade."""
        now = self.programmes.programme(OFFERS)
        changed = replace(now, terms=OptInTerms(import_grades=grades), version=now.version + 1)
        self.programmes.replace(changed, expected_version=now.version)

    def uploaded(
        self, body: str | bytes, layout: str = "assent", columns: Mapping[str, str] | None = None
    ) -> Import:
        made = self.service.open(OFFERS, "old list", Source(layout, columns or {}, "US"), "eve")
        self.files.put(made.object_key, body.encode() if isinstance(body, str) else body)
        return made

    def finish(self, made: Import) -> Import:
        """Call the worker as the workflow does, until it says that it is done."""
        for _ in range(1000):
            later = self.clock.now() + timedelta(minutes=10)
            status = self.running.run(made.import_id, later)
            if status is RunStatus.DONE:
                return self.imports.one(made.import_id)
            if status is RunStatus.WAIT:
                self.clock.advance(60)
        message = "it never ends"
        raise AssertionError(message)

    def checked(self, body: str | bytes, layout: str = "assent") -> Import:
        made = self.uploaded(body, layout)
        return self.finish(self.service.check(made.import_id))

    def ran(self, body: str | bytes, layout: str = "assent") -> Import:
        made = self.checked(body, layout)
        return self.finish(self.service.start(made.import_id))

    def key(self, number: str) -> SubscriberKey:
        return self.keys.key_of(PhoneNumber(number))

    def standing(self, number: str) -> Standing | None:
        return self.store.standing(self.key(number))

    def status(self, number: str) -> ConsentStatus | None:
        standing = self.standing(number)
        return standing.status_of(OFFERS) if standing else None

    def stop(self, number: str) -> None:
        phone = PhoneNumber(number)
        now = self.clock.now()
        self.consent.stop(self.key(number), phone, now, {}, None, Door.INBOUND_SMS)

    def report(self, made: Import, phase: str = "run") -> list[list[str]]:
        tally = made.ran if phase == "run" else made.checked
        keys = [report_key(made.import_id, phase, n) for n in range(tally.reports)]
        return [
            line.split(",")
            for key in keys
            for line in self.files.objects[key].decode().splitlines()[1:]
        ]
