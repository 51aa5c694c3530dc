"""axe-core, the accessibility checker, fetched once through npm and pinned by its hash.

`python -m tests.browser.axe` fetches it; without npm the tests that need it fail and say so, since
a check that quietly does nothing is none.
"""

from __future__ import annotations

import functools
import hashlib
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

VERSION = "4.14.1"
SHA256 = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
FOLDER = Path(__file__).parents[2] / "build" / "npm"
# Every rule of WCAG 2.2 A and AA that a program can judge, and axe's own good practice.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@functools.cache
def source() -> str:
    """Return the script. Raises SystemExit when the package is not the reviewed one."""
    archive = FOLDER / f"axe-core-{VERSION}.tgz"
    if not archive.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        npm = ["npm", "pack", "--silent", f"axe-core@{VERSION}"]
        subprocess.run(npm, cwd=FOLDER, check=True, capture_output=True)  # noqa: S603 - constant
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        message = f"{archive} is not the package that was reviewed"
        raise SystemExit(message)
    with tarfile.open(archive) as opened:
        member = opened.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


# What colours and widths decide; the rest is the same in every dress of a page.
OF_LOOKS = ("color-contrast", "target-size", "link-in-text-block")


def violations(page: Page, *, of_looks: bool = False) -> list[str]:
    """Return what axe finds on the page as it is now, one line a finding and place; `of_looks`
    only by the rules that another dress of the same page may break."""
    # Evaluated by the debugger, so the page's own policy on scripts need not be loosened.
    page.evaluate(source())
    kind, values = ("rule", OF_LOOKS) if of_looks else ("tag", TAGS)
    options = {"runOnly": {"type": kind, "values": list(values)}, "resultTypes": ["violations"]}
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


if __name__ == "__main__":
    source()
