"""An import acts once on each row, never against an opt-out, and only as its check foresaw."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.consent.events import EventType, Source
from assent.consent.model import ConsentStatus
from assent.errors import (
    ChangedMeanwhileError,
    FileNotUploadedError,
    IllegalTransitionError,
    ImportNotFoundError,
    TryAgainError,
    UnreadableFileError,
)
from assent.identifiers import ImportId
from assent.imports.model import Import, ImportStatus
from assent.imports.running import ROWS_AT_ONCE, RunStatus
from tests.unit.imports.house import HEADER, OFFERS, ImportHouse, row

if TYPE_CHECKING:
    from assent.opt_in.sign_ups import AskedSignUp

ANN, BOB, EVE, ZOE = "+12065550101", "+12065550102", "+12065550103", "+12065550104"


def test_a_check_foresees_and_changes_nothing() -> None:
    house = ImportHouse()
    file = HEADER + row(ANN) + row(BOB, "B") + row(EVE, "E") + row(ZOE, "O") + "x,yes,,,,,,\n"
    made = house.checked(file)
    assert made.status is ImportStatus.CHECKED
    assert made.checked.fates == {
        "accepted": 1, "asked": 1, "refused": 1, "opted_out": 1, "faulty": 1
    }  # fmt: skip
    assert made.checked.grades == {"A": 1, "B": 1, "E": 1}
    assert [house.standing(each) for each in (ANN, BOB, EVE, ZOE)] == [None] * 4
    assert house.queue.seen == []


def test_the_run_does_what_the_check_foresaw() -> None:
    house = ImportHouse()
    made = house.ran(HEADER + row(ANN, first_name="Ann") + row(BOB, "B") + row(EVE, "E"))
    assert made.status is ImportStatus.DONE
    assert made.ran.fates == made.checked.fates
    assert house.status(ANN) is ConsentStatus.CONFIRMED
    assert house.store.profiles[house.key(ANN)] == {"first_name": "Ann"}
    assert [each.phone.e164 for each in house.queue.seen] == [BOB]
    assert house.queue.seen[0].source is Source.IMPORT
    assert house.standing(EVE) is None


def test_an_accepted_consent_keeps_its_proof() -> None:
    house = ImportHouse()
    made = house.ran(HEADER + row(ANN))
    ((event, evidence),) = house.store.history(house.key(ANN))
    assert (event.type, event.source) == (EventType.CONFIRMED, Source.IMPORT)
    assert event.facts["grade"] == "A"
    assert evidence is not None
    assert evidence.facts["confirmed_by"] == "YES"
    assert str(evidence.facts["wording"]).startswith("I agree to recurring")
    assert evidence.facts["uploaded_by"] == made.created_by == "eve"


@pytest.mark.parametrize("grade", ["A", "B", "C"])
def test_whoever_said_stop_stays_out_whatever_the_file_proves(grade: str) -> None:
    house = ImportHouse()
    house.stop(ANN)
    before = house.standing(ANN)
    made = house.ran(HEADER + row(ANN, grade))
    assert made.ran.fates == {"stays_out": 1}
    assert made.ran.reasons == {"stays_out:opted_out": 1}
    assert house.standing(ANN) == before
    assert house.queue.seen == []


def test_whoever_left_the_programme_stays_out_of_it() -> None:
    house = ImportHouse()
    house.ran(HEADER + row(ANN))
    key, now = house.key(ANN), house.clock.now()
    house.consent.stop(key, None, now, {}, None, Source.LINK, [OFFERS])
    made = house.ran(HEADER + row(ANN))
    assert made.ran.reasons == {"stays_out:withdrawn": 1}
    assert house.status(ANN) is ConsentStatus.WITHDRAWN


def test_an_opt_out_between_check_and_run_wins() -> None:
    house = ImportHouse()
    made = house.checked(HEADER + row(ANN))
    assert made.checked.fates == {"accepted": 1}
    house.stop(ANN)
    done = house.finish(house.service.start(made.import_id))
    assert done.ran.fates == {"stays_out": 1}
    assert house.status(ANN) is not ConsentStatus.CONFIRMED


@pytest.mark.parametrize("order", ["opt-out first", "opt-out last"])
def test_an_opt_out_in_the_file_wins_in_any_order(order: str) -> None:
    house = ImportHouse()
    rows = [row(ANN), row(ANN, "O")]
    house.ran(HEADER + "".join(rows if order == "opt-out last" else reversed(rows)))
    standing = house.standing(ANN)
    assert standing is not None
    assert standing.stopped_at is not None


def test_the_same_number_in_many_spellings_is_one_person() -> None:
    house = ImportHouse()
    spellings = [ANN, "(206) 555-0101", "206.555.0101", "tel:+1 206 555 0101"]
    made = house.ran(HEADER + "".join(row(each) for each in spellings))
    assert made.ran.fates == {"accepted": 1, "already_confirmed": 3}
    assert len(house.store.history(house.key(ANN))) == 1


def test_a_country_that_is_not_served_is_left_out() -> None:
    house = ImportHouse()
    made = house.ran(HEADER + row("+447400123456") + row("+33612345678"))
    assert made.ran.fates == {"country_not_served": 2}


def test_the_programme_decides_which_proof_suffices() -> None:
    house = ImportHouse()
    house.handle(A="ask", B="refuse", D="ask")
    made = house.ran(HEADER + row(ANN, "A") + row(BOB, "B") + row(EVE, "D"))
    assert made.ran.fates == {"asked": 2, "refused": 1}


def test_people_are_asked_at_a_bounded_pace() -> None:
    house = ImportHouse(asks_per_minute=3)
    made = house.checked(HEADER + "".join(row(f"+1206555{n:04d}", "B") for n in range(100, 110)))
    made = house.service.start(made.import_id)
    asked = []
    for _ in range(5):
        later = house.clock.now() + timedelta(minutes=10)
        status = house.running.run(made.import_id, later)
        asked.append(len(house.queue.seen))
        if status is RunStatus.DONE:
            break
        house.clock.advance(60)
    assert asked == [3, 6, 9, 10]
    assert house.imports.one(made.import_id).status is ImportStatus.DONE


@pytest.mark.parametrize("dies_at", range(1, 7))
def test_a_run_that_dies_anywhere_is_resumed_and_repeats_nothing(
    monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    numbers = [f"+1206555{n:04d}" for n in range(100, 112)]
    body = HEADER + "".join(row(n, "AB"[i % 2]) for i, n in enumerate(numbers))
    monkeypatch.setattr("assent.imports.running.ROWS_AT_ONCE", 4)
    house = ImportHouse()
    made = house.service.start(house.checked(body).import_id)
    put, calls = house.queue.put, iter(range(1, 1000))

    def dying(asked: AskedSignUp) -> None:
        if next(calls) == dies_at:
            raise TryAgainError("the queue is away")
        put(asked)

    monkeypatch.setattr(house.queue, "put", dying)
    with pytest.raises(TryAgainError):
        house.running.run(made.import_id, house.clock.now() + timedelta(minutes=1))
    done = house.finish(made)
    assert (done.ran.rows, done.ran.fates) == (12, {"accepted": 6, "asked": 6})
    assert all(len(house.store.history(house.key(n))) == 1 for n in numbers[::2])
    expected = {f"import_{made.import_id}_{n}" for n in range(2, 13, 2)}
    assert {each.sign_up_id for each in house.queue.seen} == expected


def test_two_runs_at_once_do_nothing_twice() -> None:
    house = ImportHouse()
    many = ROWS_AT_ONCE + 50
    body = HEADER + "".join(row(f"+1206555{n:04d}") for n in range(100, 100 + 90)) * 4
    made = house.service.start(house.checked(body).import_id)
    stale = made
    house.finish(made)
    with pytest.raises(ChangedMeanwhileError):
        house.running._run(stale, house.clock.now() + timedelta(minutes=9))
    done = house.imports.one(made.import_id)
    assert done.ran.rows == 360 > many
    assert all(
        len(house.store.history(house.key(f"+1206555{n:04d}"))) == 1 for n in range(100, 190)
    )


def test_cancelling_ends_it_at_the_next_save() -> None:
    house = ImportHouse(asks_per_minute=2)
    body = HEADER + "".join(row(f"+1206555{n:04d}", "B") for n in range(100, 110))
    made = house.service.start(house.checked(body).import_id)
    house.running.run(made.import_id, house.clock.now() + timedelta(minutes=9))
    house.service.cancel(made.import_id)
    assert house.service.cancel(made.import_id).status is ImportStatus.CANCELLED
    house.clock.advance(60)
    later = house.clock.now() + timedelta(minutes=9)
    assert house.running.run(made.import_id, later) is RunStatus.DONE
    assert len(house.queue.seen) == 2


def test_the_report_names_rows_and_columns_and_nobody() -> None:
    house = ImportHouse()
    made = house.ran(HEADER + row(ANN) + row("12", "B"))
    assert house.report(made) == [
        ["1", "accepted", "", "", "A"],
        ["2", "faulty", "invalid_phone:too_short", "phone", ""],
    ]
    assert house.report(made, "check") == house.report(made)
    links = house.service.report_links(made)
    assert (len(links["check"]), len(links["run"])) == (1, 1)


def test_a_file_replaced_after_its_check_is_not_run() -> None:
    house = ImportHouse()
    made = house.checked(HEADER + row(ANN))
    house.files.put(made.object_key, (HEADER + row(BOB)).encode())
    with pytest.raises(ChangedMeanwhileError, match="check it again"):
        house.service.start(made.import_id)
    again = house.finish(house.service.check(made.import_id))
    assert again.status is ImportStatus.CHECKED


def test_nothing_is_run_that_was_not_checked() -> None:
    house = ImportHouse()
    made = house.uploaded(HEADER + row(ANN))
    with pytest.raises(IllegalTransitionError):
        house.service.start(made.import_id)
    house.finish(house.service.check(made.import_id))
    house.finish(house.service.start(made.import_id))
    for act in (house.service.start, house.service.check, house.service.cancel):
        with pytest.raises(IllegalTransitionError):
            act(made.import_id)


def test_a_file_that_is_missing_or_no_table_is_refused() -> None:
    house = ImportHouse()
    made = house.uploaded(b"PK\x03\x04")
    with pytest.raises(UnreadableFileError):
        house.service.check(made.import_id)
    del house.files.objects[made.object_key]
    with pytest.raises(FileNotUploadedError):
        house.service.check(made.import_id)
    assert house.service.upload_link(house.imports.one(made.import_id)) is not None
    with pytest.raises(ImportNotFoundError):
        house.service.one(ImportId("i_none"))


def test_a_run_that_failed_says_so_and_can_be_checked_anew() -> None:
    house = ImportHouse()
    made = house.service.check(house.uploaded(HEADER + row(ANN)).import_id)
    house.running.fail(made.import_id)
    failed: Import = house.imports.one(made.import_id)
    assert failed.status is ImportStatus.FAILED
    assert failed.why
    house.running.fail(made.import_id)
    assert house.finish(house.service.check(made.import_id)).status is ImportStatus.CHECKED


def test_an_empty_list_is_done_at_once() -> None:
    assert ImportHouse().ran(HEADER).ran.rows == 0
