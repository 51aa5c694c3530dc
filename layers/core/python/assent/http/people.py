"""Staff routes that act on one person's behalf."""

from collections.abc import Callable
from dataclasses import dataclass

from assent.clock import iso
from assent.consent.erasing import Erasing, ErasureQueued
from assent.consent.events import Source
from assent.consent.model import PhoneKeys
from assent.consent.profile import check_profile
from assent.evidence.staff_audit import StaffAudit
from assent.http.idempotency import Once
from assent.http.inbox import add_decisions
from assent.http.parameters import IdempotencyKey
from assent.http.resolver import Api
from assent.http.shapes_opt_in import Accepted
from assent.http.shapes_people import ErasureShown, NewErasure, StaffOptIn
from assent.identifiers import ProgrammeId
from assent.inbound.deciding import Deciding
from assent.opt_in.other_doors import OtherDoors, StaffEntry
from assent.phone import PhoneNumber
from assent.telemetry import count, record


@dataclass(frozen=True, slots=True)
class PeopleServices:
    """What these routes need."""

    doors: OtherDoors
    erasing: Erasing
    deciding: Deciding
    keys: PhoneKeys
    once: Once
    audit: StaffAudit


def people_api(services: Callable[[], PeopleServices]) -> Api:
    """Return the routes; `services` is first asked when a request comes."""
    api = Api(is_staff=True, audit=lambda: services().audit)

    @api.post("/v1/staff/opt-ins", status_code=202, tags=["Sign-up"])
    def enter_opt_in(body: StaffOptIn, idempotency_key: IdempotencyKey = None) -> Accepted:
        """Enter a person who asked staff to be texted. One confirmation text goes out, as after
        the form, and the answer says nothing about the number."""
        known, actor = services(), api.staff.subject
        phone = PhoneNumber.parse(body.phone, body.country)
        api.concerns(known.keys.key_of(phone))

        def work() -> str:
            known.doors.by_staff(_entry(body, actor))
            count("OptInRequested")
            facts = {"programme_id": body.programme_id, "reason": "staff", "by": actor}
            record("opt_in_requested", facts)
            return Accepted().model_dump_json()

        scope = f"staff-opt-ins {actor}"
        answer = known.once.run(scope, idempotency_key, body.model_dump_json(), work)
        return Accepted.model_validate_json(answer)

    @api.post("/v1/erasures", tags=["Evidence"])
    def erase_person(body: NewErasure) -> ErasureShown:
        """Erase a number, its profile, its proofs and the words of its texts. That it opted out
        stays, under its keyed hash, and so does the chain of events. Asking again is safe."""
        known, actor = services(), api.staff.subject
        key = known.keys.key_of(PhoneNumber.parse(body.phone, body.country))
        api.concerns(key)
        why = {"actor": actor, "reason": body.reason}
        erasure = known.erasing.erase(key, Source.STAFF, why)
        count("ErasureAsked")
        record("erasure_asked", {"reason": "staff", "by": actor, "held": erasure is not None})
        if isinstance(erasure, ErasureQueued):
            # Under a legal hold: its lifting carries the erasure out.
            return ErasureShown(status="queued", subscriber_key=key, queued_at=iso(erasure.at))
        return ErasureShown(
            status="erased" if erasure else "nothing_held",
            subscriber_key=key,
            erased_at=iso(erasure.at) if erasure else None,
        )

    add_decisions(api, lambda: services().deciding)
    return api.ready()


def _entry(body: StaffOptIn, actor: str) -> StaffEntry:
    profile = body.profile.model_dump(exclude_none=True) if body.profile else {}
    check_profile(profile)
    return StaffEntry(
        programme_id=ProgrammeId(body.programme_id),
        phone_raw=body.phone,
        country=body.country,
        disclosure_version=body.disclosure_version,
        locale=body.locale,
        note=body.note,
        actor=actor,
        profile=profile,
    )
