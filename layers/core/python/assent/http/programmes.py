"""Staff routes over programmes and their disclosures."""

from collections.abc import Callable
from dataclasses import asdict

from pydantic import TypeAdapter

from assent.clock import iso
from assent.http.cursors import PAGE, Cursors, page_of
from assent.http.parameters import CursorInQuery, LimitInQuery, ProgrammeInPath
from assent.http.resolver import Api
from assent.http.shapes_programmes import (
    ChangedProgramme,
    ClassThresholds,
    DisclosureShown,
    ImportGrades,
    NewDisclosure,
    NewProgramme,
    OptInRules,
    ProgrammePage,
    ProgrammeShown,
    ProgrammeTerms,
)
from assent.identifiers import ProgrammeId
from assent.programmes.model import OptInTerms, Programme, ReadyClasses
from assent.programmes.service import ProgrammeDraft, ProgrammeService
from assent.telemetry import record


def add_programmes(
    api: Api,
    service: Callable[[], ProgrammeService],
    cursors: Cursors,
    brand: Callable[[], str],
) -> None:
    """Register the routes; `brand` names a programme that does not name its own."""

    @api.get("/v1/programmes", tags=["Programmes"])
    def list_programmes(limit: LimitInQuery = PAGE, cursor: CursorInQuery = None) -> ProgrammePage:
        """Every programme, by id."""
        after = cursors.read("programmes", cursor)
        page, more = page_of(service().programmes(), lambda p: p.programme_id, after, limit)
        return ProgrammePage(
            items=[_shown(each) for each in page], next_cursor=cursors.issue("programmes", more)
        )

    @api.post("/v1/programmes", status_code=201, tags=["Programmes"])
    def create_programme(body: NewProgramme) -> ProgrammeShown:
        """Create a programme. It takes sign-ups once a disclosure is published."""
        api.about(body.programme_id)
        made = service().create(_draft(ProgrammeId(body.programme_id), body, brand()))
        record("programme_created", {"programme_id": made.programme_id, "by": api.staff.subject})
        return _shown(made)

    @api.put("/v1/programmes/<programme_id>", tags=["Programmes"])
    def change_programme(programme_id: ProgrammeInPath, body: ChangedProgramme) -> ProgrammeShown:
        """Replace a programme's terms."""
        draft = _draft(ProgrammeId(programme_id), body, brand())
        made = service().replace(draft.programme_id, draft, body.version)
        record("programme_changed", {"programme_id": programme_id, "by": api.staff.subject})
        return _shown(made)

    @api.post("/v1/programmes/<programme_id>/disclosures", status_code=201, tags=["Programmes"])
    def publish_disclosure(programme_id: ProgrammeInPath, body: NewDisclosure) -> DisclosureShown:
        """Publish the next version of the wording in one locale; earlier ones stay readable."""
        made = service().publish_disclosure(ProgrammeId(programme_id), body.locale, body.text)
        record("disclosure_published", {"programme_id": programme_id, "by": api.staff.subject})
        return DisclosureShown(
            programme_id=made.programme_id,
            locale=made.locale,
            version=made.version,
            text=made.text,
            digest=made.digest,
            published_at=iso(made.published_at),
        )


def _draft(programme_id: ProgrammeId, body: ProgrammeTerms, brand: str) -> ProgrammeDraft:
    return ProgrammeDraft(
        programme_id=programme_id,
        name=body.name,
        brand=body.brand or brand,
        description=body.description,
        max_per_month=body.max_per_month,
        countries=tuple(body.countries),
        locales=tuple(body.locales),
        terms_url=body.terms_url,
        privacy_url=body.privacy_url,
        topics=tuple(body.topics),
        terms=_terms(body.opt_in),
        origins=tuple(body.origins),
        classes=ReadyClasses(**body.classes.model_dump()),
    )


_GRADES: TypeAdapter[ImportGrades] = TypeAdapter(ImportGrades)


def _terms(rules: OptInRules) -> OptInTerms:
    return OptInTerms(
        yes_words={locale: tuple(words) for locale, words in rules.yes_words.items()},
        join_words=tuple(rules.join_words),
        sends_reminder=rules.sends_reminder,
        pending_hours=rules.pending_hours,
        reconfirm_after_days=rules.reconfirm_after_days,
        expires_on_silence=rules.expires_on_silence,
        texts={kind: dict(texts) for kind, texts in rules.texts.items()},
        import_grades={str(grade): str(done) for grade, done in rules.import_grades.items()},
    )


def _shown(programme: Programme) -> ProgrammeShown:
    return ProgrammeShown(
        programme_id=programme.programme_id,
        name=programme.name,
        brand=programme.brand,
        description=programme.description,
        frequency=programme.frequency,
        max_per_month=programme.max_per_month,
        countries=list(programme.countries),
        locales=list(programme.locales),
        terms_url=programme.terms_url,
        privacy_url=programme.privacy_url,
        topics=list(programme.topics),
        origins=list(programme.origins),
        classes=ClassThresholds(**asdict(programme.classes)),
        opt_in=_rules(programme.terms),
        version=programme.version,
    )


def _rules(terms: OptInTerms) -> OptInRules:
    return OptInRules(
        yes_words={locale: list(words) for locale, words in terms.yes_words.items()},
        join_words=list(terms.join_words),
        sends_reminder=terms.sends_reminder,
        pending_hours=terms.pending_hours,
        reconfirm_after_days=terms.reconfirm_after_days,
        expires_on_silence=terms.expires_on_silence,
        texts={kind: dict(texts) for kind, texts in terms.texts.items()},
        import_grades=_GRADES.validate_python(dict(terms.import_grades)),
    )
