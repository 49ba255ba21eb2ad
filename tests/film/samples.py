"""How a page of the film looked and read when it was recorded, without what differs each time."""

from __future__ import annotations

import io
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageChops

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = Path(__file__).parent
# So coarse that another font or another way of smoothing letters does not show; another layout does.
SIZE = (32, 20)
# Of 255, for one of the fields.
TOLERANCE = 28
# Secrets, codes, times and a greeting by the hour are made the same, and after the picture what they were.
_COVER = """() => {
  const texts = document.querySelectorAll("#manual-code, #recovery-codes li, time");
  const greetings = document.querySelectorAll("[data-page=home] h1");
  const passes = document.querySelectorAll("#set-up-pass, #set-up-digits");
  window.covered = [...texts, ...greetings, ...passes].map((one) => [one, one.textContent]);
  for (const one of texts) one.textContent = one.textContent.replace(/[^ ]/g, "0");
  for (const one of greetings) one.textContent = one.textContent.replace(/^(Good \\w+|Hello), /, "Good evening, ");
  for (const one of passes) one.textContent = "as many words as there are";
  for (const one of document.querySelectorAll("time")) one.textContent = "00:00";
  for (const one of document.querySelectorAll("#qr-code")) one.style.visibility = "hidden";
}"""
_UNCOVER = """() => {
  for (const [one, text] of window.covered) one.textContent = text;
  for (const one of document.querySelectorAll("#qr-code")) one.style.visibility = "";
}"""


@dataclass(frozen=True)
class Sample:
    """A page at a key moment: its text, and its picture made coarse."""

    text: list[str]
    picture: str


def of(page: Page) -> Sample:
    """Take a sample of a page."""
    page.evaluate(_COVER)
    shown = page.locator("body").inner_text()
    taken = page.screenshot(animations="disabled")
    page.evaluate(_UNCOVER)
    lines = [_always(line) for line in shown.splitlines()]
    small = Image.open(io.BytesIO(taken)).convert("L").resize(SIZE, Image.Resampling.BOX)
    return Sample([line for line in lines if line], small.tobytes().hex())


def _always(line: str) -> str:
    """Return a line as it is on every day, at every time."""
    hidden = re.sub(r"\d+", "0", " ".join(line.split()))
    # Which apostrophe it is makes no film untrue.
    hidden = hidden.replace("\u2019", "'")
    # The story of the demonstration's people depends on the day of the week.
    hidden = re.sub(r"(last signed in \S+) from .+", r"\1", hidden)
    return re.sub(r"^Good evening, (?=\w+$)", "Good day, ", hidden)


def differences(recorded: Sample, found: Sample) -> list[str]:
    """Say what is no longer as it was recorded."""
    before = list(map(_always, recorded.text))
    gone = [f"no longer there: {line}" for line in before if line not in found.text]
    new = [f"new: {line}" for line in found.text if line not in before]
    apart = max(ImageChops.difference(_picture(recorded), _picture(found)).tobytes())
    look = [f"looks different, by {apart} of 255"] if apart > TOLERANCE else []
    return [*gone, *new, *look]


def read(film: str) -> dict[str, Any]:
    """Return what was recorded of a film: `times` of captions, `samples` of pages."""
    recorded = json.loads((FOLDER / f"{film}.json").read_text(encoding="utf-8"))
    recorded["samples"] = {name: Sample(**one) for name, one in recorded["samples"].items()}
    recorded["times"] = {
        name: (round(start, 3), round(end, 3)) for name, (start, end) in recorded["times"].items()
    }
    return dict(recorded)


def write(film: str, times: dict[str, tuple[float, float]], samples: dict[str, Sample]) -> None:
    """Keep what was recorded."""
    kept = {"times": times, "samples": {name: asdict(one) for name, one in samples.items()}}
    text = json.dumps(kept, indent=1, ensure_ascii=False)
    (FOLDER / f"{film}.json").write_text(f"{text}\n", encoding="utf-8")


def _picture(sample: Sample) -> Image.Image:
    return Image.frombytes("L", SIZE, bytes.fromhex(sample.picture))
