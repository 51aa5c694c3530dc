"""Our counter beside Twilio's, on random texts. Twilio's keeps whole graphemes together, which
nobody documents of AWS, so the texts have only graphemes of one character.

`npm install --prefix build/npm sms-segments-calculator@1.3.0` fetches the other one.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from assent.messages.alphabet import count_parts

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "build/npm/node_modules/sms-segments-calculator"
NODE = shutil.which("node")
COUNT = """
const { SegmentedMessage } = require(process.argv[1]);
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map((text) => {
  const message = new SegmentedMessage(text);
  return [message.segmentsCount, message.encodingName];
})));
"""
GSM = "abc XYZ019@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ!¤§¿ñ\n"
EXTENSION = "^{}\\[~]|€"
OTHER = "я中ç’😀"


def _texts() -> list[str]:
    chance = random.Random(20261123)  # noqa: S311 - the same texts each time
    alphabets = [GSM, GSM + EXTENSION, "a€", "яa😀", GSM + EXTENSION + OTHER, "😀", "a" * 40 + "€"]
    return [
        "".join(chance.choices(chance.choice(alphabets), k=chance.randint(1, 480)))
        for _ in range(1200)
    ]


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.skipif(not PACKAGE.exists(), reason="sms-segments-calculator is not in build/npm")
def test_parts_and_encoding_agree_with_another_implementation() -> None:
    texts = _texts()
    done = subprocess.run(  # noqa: S603 - node and our own script
        [str(NODE), "-e", COUNT, str(PACKAGE)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = [tuple(each) for each in json.loads(done.stdout)]
    ours = [(count.parts, count.encoding.value) for count in map(count_parts, texts)]
    assert ours == theirs
