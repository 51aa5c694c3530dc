"""What carriers are told of a programme is what people are shown and sent."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assent.errors import ProgrammeNotFoundError
from assent.identifiers import ProgrammeId, TemplateId
from assent.inbound.reading import Action
from assent.messages.stored import StoredTemplate
from assent.papers.registration import MOST_SAMPLES, Pack, Registration
from assent.programmes.model import OptInTerms
from assent.programmes.texts import SystemText
from assent.web.registration import registration_page
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore
from tests.fakes.in_memory_template_store import InMemoryTemplateStore
from tests.unit.campaigns.world import NOON, OFFERS, PROGRAMME, definition, running
from tests.unit.papers.test_dossier import text_of
from tests.unit.papers.world import DISCLOSURE, HOSTILE, WORDING

if TYPE_CHECKING:
    from assent.programmes.model import Disclosure, Programme

HTTPS = replace(PROGRAMME, terms_url="https://t", privacy_url="https://p", locales=("en", "de"))


class Subscribers:
    def approximate_count(self) -> int:
        return 12_000


def registration(
    *bodies: str,
    programme: Programme = HTTPS,
    wordings: tuple[Disclosure, ...] = (DISCLOSURE,),
    templates: tuple[str, ...] = (),
) -> Registration:
    programmes, campaigns = InMemoryProgrammeStore(), InMemoryCampaignStore()
    programmes.create(programme)
    for each in wordings:
        programmes.publish(each)
    for number, body in enumerate(bodies):
        name = definition(name=f"Spring {number}", body=body)
        campaigns.create(running(campaign_id=f"c_{number}", definition=name))
    stored = InMemoryTemplateStore()
    for number, body in enumerate(templates):
        kept = TemplateId(f"t_{number}")
        stored.add(StoredTemplate(kept, 1, f"Kept {number}", "en", body, NOON, "ann"))
    return Registration(
        programmes, campaigns, stored, Subscribers(), "https://go.example/", "help@example.com"
    )


def pack(*bodies: str, **more: object) -> Pack:
    return registration(*bodies, **more).pack(OFFERS)  # type: ignore[arg-type]


def test_samples_are_real_texts_with_brand_and_a_way_out() -> None:
    made = pack("Hi {{ first_name }}, 20% off today", templates=("News for {{ region }}",))
    assert [each.source for each in made.samples] == ["campaign Spring 0", "template Kept 0"]
    for sample in made.samples:
        assert "Example Shop" in sample.body
        assert "STOP" in sample.body
        assert "{{" not in sample.body
    assert "Hi Ada, 20% off today" in made.samples[0].body


def test_no_more_samples_than_are_asked_for_and_none_twice() -> None:
    assert len(pack(*(f"Offer number {n}" for n in range(9))).samples) == MOST_SAMPLES
    assert len(pack("The same", "The same").samples) == 1


def test_a_programme_in_order_has_nothing_to_put_right() -> None:
    assert pack("20% off today").gaps == ()


def test_what_a_reviewer_would_send_it_back_for_is_named_first() -> None:
    bare = replace(DISCLOSURE, version=2, text="Texts from Example Shop, up to 4 msgs/month.")
    made = pack(programme=replace(HTTPS, privacy_url="http://p"), wordings=(DISCLOSURE, bare))
    assert set(made.gaps) > {"no_sample", "privacy_not_https", "wording_lacks:stop"}
    told = text_of(registration_page(made))
    assert "The consent wording does not say how to stop (STOP)." in told
    assert "There is no sample message" in told
    assert "Put right before you register" in told
    assert pack(wordings=()).gaps[0] == "no_wording"


def test_every_version_of_the_wording_is_there_the_shown_one_first() -> None:
    second = replace(DISCLOSURE, version=2, text=WORDING + " Thank you.")
    made = pack(wordings=(DISCLOSURE, second))
    assert [(w.disclosure.version, w.is_shown) for w in made.wordings] == [(2, True), (1, False)]


def test_every_answer_is_there_in_every_language() -> None:
    made = pack()
    assert {(each.kind, each.locale) for each in made.replies} == {
        (kind, locale) for kind in SystemText for locale in ("en", "de")
    }
    assert all("help@example.com" in r.body for r in made.replies if r.kind is SystemText.HELP)


def test_the_keywords_are_those_that_act_and_the_programmes_own() -> None:
    terms = OptInTerms(join_words=("offers",), yes_words={"en": ("deal",)})
    words = pack(programme=replace(HTTPS, terms=terms)).keywords
    assert {"STOP", "UNSUBSCRIBE", "END", "QUIT", "CANCEL"} <= set(words[Action.OPT_OUT])
    assert "HELP" in words[Action.HELP]
    assert "OFFERS" in words[Action.OPT_IN]
    assert "DEAL" in words[Action.CONFIRM]


def test_the_volume_is_bounded_by_the_promise() -> None:
    made = pack()
    assert (made.most_per_month, made.page_url) == (48_000, "https://go.example/s/offers")
    assert "At most 48,000 texts a month" in text_of(registration_page(made))


def test_what_staff_typed_is_never_markup() -> None:
    programme = replace(HTTPS, name=f"Offers {HOSTILE}", description=HOSTILE)
    page = registration_page(pack(f"20% off {HOSTILE[:8]}", programme=programme))
    assert "<script" not in page
    assert not re.search(r"(?i)<(link|img|iframe|form)|url\(", page)
    assert [int(n) for n in re.findall(r"<h([1-6])", page)].count(1) == 1


def test_a_programme_that_is_not_there_has_no_pack() -> None:
    with pytest.raises(ProgrammeNotFoundError):
        registration().pack(ProgrammeId("none"))
