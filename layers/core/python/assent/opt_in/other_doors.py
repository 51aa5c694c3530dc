"""Sign-ups that come in by other doors than the form: a word texted to us, a member of staff.

From here on the rules are the form's own: the same queue, the same refusals, the same one text that
wants an answer. An import of people who are to be asked comes in by `put`, with its own source.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.consent.events import Source
from assent.errors import DisclosureNotFoundError, InputError, UnknownDisclosureError
from assent.opt_in.sign_ups import AskedSignUp
from assent.phone import PhoneNumber
from assent.programmes.texts import chosen_locale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.clock import Clock
    from assent.identifiers import Ids, ProgrammeId
    from assent.opt_in.sign_ups import SignUpQueue
    from assent.programmes.model import Disclosure, Programme, ProgrammeStore

EvidenceFacts = dict[str, str | int | bool | None]


@dataclass(frozen=True, slots=True, repr=False)
class StaffEntry:
    """A person who asked a member of staff. `note` says how and where they agreed; `actor` is who
    entered it; the wording is the one that was read out or signed."""

    programme_id: ProgrammeId
    phone_raw: str
    country: str | None
    disclosure_version: int
    locale: str | None
    note: str
    actor: str
    profile: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        return f"StaffEntry({self.programme_id})"


@dataclass(frozen=True, slots=True)
class OtherDoors:
    """Takes sign-ups in; none of them gives consent, each asks its owner for it."""

    programmes: ProgrammeStore
    queue: SignUpQueue
    clock: Clock
    ids: Ids

    def by_staff(self, entry: StaffEntry) -> PhoneNumber:
        """Take in what staff entered. Raises ProgrammeNotFoundError, InvalidPhoneError,
        UnknownDisclosureError, InputError without a note, and TryAgainError."""
        programme = self.programmes.programme(entry.programme_id)
        phone = PhoneNumber.parse(entry.phone_raw, entry.country)
        if not entry.note.strip():
            message = "Say how the person agreed."
            raise InputError(message, field="note")
        locale = chosen_locale(entry.locale, programme.locales)
        shown = self._shown(programme, locale, entry.disclosure_version)
        evidence: EvidenceFacts = {
            "phone_as_typed": entry.phone_raw,
            "country_chosen": entry.country,
            "note": entry.note,
            "actor": entry.actor,
        }
        sign_up_id = self.ids.new("s")
        asked = self._asked(sign_up_id, programme, phone, locale, shown, Source.STAFF)
        self.put(asked, evidence, entry.profile)
        return phone

    def by_text(
        self, programme: Programme, phone: PhoneNumber, message_id: str, evidence: EvidenceFacts
    ) -> None:
        """Take in a word that a phone texted to join: the person's own act, which still wants the
        YES that a form wants. The same message twice is one sign-up. Raises TryAgainError."""
        locale = chosen_locale(None, programme.locales)
        newest = self.programmes.latest_disclosures(programme.programme_id)
        shown = next((each for each in newest if each.locale == locale), None)
        asked = self._asked(
            f"text_{message_id}", programme, phone, locale, shown, Source.INBOUND_SMS
        )
        self.put(asked, evidence)

    def put(
        self,
        asked: AskedSignUp,
        evidence: EvidenceFacts,
        profile: Mapping[str, object] | None = None,
    ) -> None:
        """Hand a sign-up of any source over to be answered. Raises TryAgainError."""
        self.queue.put(replace(asked, evidence=evidence, profile=profile or {}))

    def _asked(
        self,
        sign_up_id: str,
        programme: Programme,
        phone: PhoneNumber,
        locale: str,
        shown: Disclosure | None,
        source: Source,
    ) -> AskedSignUp:
        facts: dict[str, str | int] = {"programme_version": programme.version}
        if shown is not None:
            facts |= {
                "disclosure_version": shown.version,
                "disclosure_digest": shown.digest,
                "disclosure_locale": shown.locale,
            }
        return AskedSignUp(
            sign_up_id=sign_up_id,
            programme_id=programme.programme_id,
            phone=phone,
            locale=locale,
            asked_at=self.clock.now(),
            # Staff are signed in, and a text comes from the phone itself: neither is a script.
            has_token=True,
            is_bot=False,
            facts=facts,
            evidence={},
            source=source,
        )

    def _shown(self, programme: Programme, locale: str, version: int) -> Disclosure:
        for each in (locale, locale.split("-", maxsplit=1)[0], *programme.locales):
            try:
                return self.programmes.disclosure(programme.programme_id, each, version)
            except DisclosureNotFoundError:
                continue
        message = "This wording was never published."
        raise UnknownDisclosureError(message, field="disclosure_version")
