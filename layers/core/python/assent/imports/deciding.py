"""What becomes of one person in a file: accepted on proof, asked, put down as opted out, or left.

An opt-out always wins: whoever is out, was erased, or is reported out by any row stays out, and
only their own phone brings them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.clock import iso
from assent.consent.events import Source
from assent.consent.importing import GivenElsewhere, import_objection
from assent.consent.model import ConsentStatus
from assent.consent.policy import RESEND_AFTER
from assent.imports.grading import DEFAULT_HANDLING, Grade, Handling, grade
from assent.imports.model import RowFate
from assent.opt_in.sign_ups import AskedSignUp
from assent.programmes.texts import chosen_locale

if TYPE_CHECKING:
    from assent.clock import Clock
    from assent.consent.model import PhoneKeys, Standing
    from assent.consent.service import ConsentService
    from assent.identifiers import SubscriberKey
    from assent.imports.model import Import
    from assent.imports.reading import ImportedPerson
    from assent.opt_in.other_doors import OtherDoors
    from assent.programmes.model import Programme


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a person. `was_done` is False in a check, and for a row that was done before."""

    fate: RowFate
    reason: str = ""
    grade: Grade | None = None
    was_done: bool = False


@dataclass(frozen=True, slots=True)
class RowDeciding:
    """`allowed_countries` is the deployment's list, beside the programme's."""

    consent: ConsentService
    doors: OtherDoors
    keys: PhoneKeys
    clock: Clock
    allowed_countries: tuple[str, ...]

    def decide(self, made: Import, number: int, person: ImportedPerson, *, acts: bool) -> Verdict:
        """Decide on row `number`; with `acts`, carry it out, once. Raises TryAgainError."""
        key = self.keys.key_of(person.phone)
        row = f"import_{made.import_id}_{number}"
        standing = self.consent.store.standing(key)
        if person.is_opt_out:
            return self._leave(made, row, key, person, standing, acts=acts)
        found = grade(person.claim)
        programme = self.doors.programmes.programme(made.programme_id)
        handling = _handling(programme, found)
        if self.consent.store.is_applied(row) or self.consent.store.is_applied(f"sign_up#{row}"):
            fate = RowFate.ACCEPTED if handling is Handling.ACCEPT else RowFate.ASKED
            return Verdict(fate, grade=found)
        objection = self._objection(programme, person, standing)
        if objection is not None:
            return Verdict(objection[0], objection[1], found)
        if handling is Handling.REFUSE:
            return Verdict(RowFate.REFUSED, f"grade_{found}", found)
        if handling is Handling.ACCEPT:
            return self._accept(made, row, key, person, acts=acts)
        return self._ask(programme, row, key, person, acts=acts)

    def _objection(
        self, programme: Programme, person: ImportedPerson, standing: Standing | None
    ) -> tuple[RowFate, str] | None:
        if reason := import_objection(standing, programme.programme_id):
            return RowFate.STAYS_OUT, reason
        country = person.phone.country
        if country not in programme.countries or country not in self.allowed_countries:
            return RowFate.COUNTRY_NOT_SERVED, country
        status = standing.status_of(programme.programme_id) if standing else ConsentStatus.NONE
        if status is ConsentStatus.CONFIRMED:
            return RowFate.ALREADY_CONFIRMED, ""
        return None

    def _leave(
        self,
        made: Import,
        row: str,
        key: SubscriberKey,
        person: ImportedPerson,
        standing: Standing | None,
        *,
        acts: bool,
    ) -> Verdict:
        if standing is not None and standing.stopped_at is not None:
            return Verdict(RowFate.ALREADY_OUT)
        if acts:
            evidence = {"import_id": made.import_id, "row": row, **person.claim.other}
            now = self.clock.now()
            self.consent.stop(key, person.phone, now, evidence, row, Source.IMPORT, reason="import")
        return Verdict(RowFate.OPTED_OUT, was_done=acts)

    def _accept(
        self, made: Import, row: str, key: SubscriberKey, person: ImportedPerson, *, acts: bool
    ) -> Verdict:
        claim, found = person.claim, grade(person.claim)
        if not acts:
            return Verdict(RowFate.ACCEPTED, grade=found)
        given = GivenElsewhere(
            subscriber_key=key,
            phone=person.phone,
            programme_id=made.programme_id,
            dedupe_key=row,
            facts={"import_id": made.import_id, "grade": found.value},
            evidence={
                **claim.other,
                "wording": claim.wording,
                "where": claim.where,
                "consented_at": iso(claim.consented_at) if claim.consented_at else None,
                "confirmed_at": iso(claim.confirmed_at) if claim.confirmed_at else None,
                "confirmed_by": claim.confirmed_by,
                "uploaded_by": made.created_by,
            },
            profile=person.profile,
        )
        objection = self.consent.import_given(given)
        if objection:
            return Verdict(RowFate.STAYS_OUT, objection, found)
        return Verdict(RowFate.ACCEPTED, grade=found, was_done=True)

    def _ask(
        self,
        programme: Programme,
        row: str,
        key: SubscriberKey,
        person: ImportedPerson,
        *,
        acts: bool,
    ) -> Verdict:
        claim, found = person.claim, grade(person.claim)
        now = self.clock.now()
        request = self.consent.store.open_request(key, programme.programme_id)
        if request is not None and any(now - at < RESEND_AFTER for at in request.texted_at):
            return Verdict(RowFate.ALREADY_ASKED, grade=found)
        if acts:
            asked = AskedSignUp(
                sign_up_id=row,
                programme_id=programme.programme_id,
                phone=person.phone,
                locale=chosen_locale(str(person.profile.get("locale") or ""), programme.locales),
                asked_at=now,
                has_token=True,
                is_bot=False,
                facts={"programme_version": programme.version, "grade": found.value},
                evidence={},
                source=Source.IMPORT,
            )
            evidence: dict[str, str | int | bool | None] = {
                **claim.other,
                "where": claim.where,
                "wording": claim.wording,
                "consented_at": iso(claim.consented_at) if claim.consented_at else None,
            }
            self.doors.put(asked, evidence, person.profile)
        return Verdict(RowFate.ASKED, grade=found, was_done=acts)


def _handling(programme: Programme, found: Grade) -> Handling:
    own = programme.terms.import_grades.get(found.value)
    return Handling(own) if own else DEFAULT_HANDLING[found]
