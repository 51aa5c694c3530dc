"""What a check found, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be. `row` counts from 1 without the header."""

    file: str
    what: str
    row: int | None = None

    def __str__(self) -> str:
        place = f"{self.file}, row {self.row}" if self.row is not None else self.file
        return f"{place}: {self.what}"


@dataclass(slots=True)
class Report:
    """The result: no finding means that everything under `proven` holds."""

    findings: list[Finding] = field(default_factory=list)
    proven: list[str] = field(default_factory=list)
    not_proven: list[str] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        return not self.findings

    def add(self, file: str, what: str, row: int | None = None) -> None:
        """Add a finding."""
        self.findings.append(Finding(file, what, row))

    def as_json(self) -> dict[str, object]:
        """Return the report as JSON values."""
        return {
            "is_sound": self.is_sound,
            "findings": [{"file": f.file, "row": f.row, "what": f.what} for f in self.findings],
            "proven": self.proven if self.is_sound else [],
            "not_proven": self.not_proven,
            **self.facts,
        }

    def as_text(self) -> str:
        """Return the report in plain words."""
        lines = ["SOUND: every check passed." if self.is_sound else "NOT SOUND."]
        if self.findings:
            lines += ["", "First: " + str(self.findings[0])]
            lines += [f"  also: {each}" for each in self.findings[1:MOST_SHOWN]]
            if len(self.findings) > MOST_SHOWN:
                lines.append(f"  and {len(self.findings) - MOST_SHOWN} more")
        else:
            lines += ["", "Proven:", *(f"  - {each}" for each in self.proven)]
        lines += ["", "Not proven:", *(f"  - {each}" for each in self.not_proven)]
        return "\n".join(lines)
