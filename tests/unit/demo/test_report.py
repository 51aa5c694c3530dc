from __future__ import annotations

import io
from collections import Counter

from infra.demo.findings import Findings
from infra.demo.report import Bar, table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_that_no_terminal_shows_writes_one_line() -> None:
    out = io.StringIO()
    bar = Bar("Sign-ups", 4, out)
    bar.show(2)
    bar.end(4, "done")
    assert out.getvalue().count("\n") == 1
    assert "4/4" in out.getvalue()


def test_a_bar_on_a_terminal_is_redrawn_in_place() -> None:
    out = Terminal()
    bar = Bar("Sign-ups", 4, out)
    bar.end(4)
    assert out.getvalue().count("\r") == 2
    assert out.getvalue().endswith("\n")


def test_the_table_names_each_reason_with_its_count() -> None:
    shown = table(Findings(rows=5, accepted=3, refused=Counter({"invalid_phone: letters": 2})))
    line = next(line for line in shown.splitlines() if "letters" in line)
    assert line.split() == ["refused,", "invalid", "phone:", "letters", "2"]


def test_the_table_of_an_empty_morning_can_be_drawn() -> None:
    assert "Texts after STOP" in table(Findings())
