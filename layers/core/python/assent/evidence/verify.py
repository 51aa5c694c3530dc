"""`assent verify BUNDLE`: says whether an export is what the service once recorded, and how far.

Needs no network, no account and, beside the standard library, only `cryptography`. Exits 0 when
every check passed, 1 when something was found, 2 when there was nothing to check.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assent.evidence.checking import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

SOUND, UNSOUND, UNUSABLE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    options = _options().parse_args(argv)
    for path in (options.bundle, options.checkpoint):
        if path is not None and not path.exists():
            sys.stderr.write(f"{path}: there is no such file\n")
            return UNUSABLE
    report = verify(options.bundle, checkpoint=options.checkpoint, key=options.key)
    text = json.dumps(report.as_json(), indent=2) if options.json else report.as_text()
    sys.stdout.write(f"{text}\n")
    return SOUND if report.is_sound else UNSOUND


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="assent", description="Tools for Assent's evidence.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("verify", help="check an export bundle offline", description=__doc__)
    one.add_argument("bundle", type=Path, help="the ZIP file, or the folder it was unpacked to")
    one.add_argument("--checkpoint", type=Path, help="a checkpoint that you kept, as JSON")
    one.add_argument("--key", help="the fingerprint (SHA-256) that the public key must have")
    one.add_argument("--json", action="store_true", help="answer as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
