"""The camera: pictures of the page, with a pointer and a phone over them, one after the other at 12 a second.

Nothing is filmed as time passes: each picture is taken when the page stands still, and stands as long as it should. So
a slow machine makes the same film as a fast one.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tests.film import texts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RATE = 12
PROPS = Path(__file__).parent / "props"
# Where the phone stands, and from where it comes in.
_PHONE_AT, _BELOW = (1040, 372), 800


class Camera:
    """Films into a folder; `shots` are its pictures and for how long each stands, in twelfths of a second."""

    def __init__(self, film: str, browser: Browser, folder: Path) -> None:
        self.shots: list[tuple[Path, int]] = []
        self.times: dict[str, tuple[float, float]] = {}
        self.made = folder / "made.webm"
        self._film, self._folder, self._clock = film, folder, 0
        self._props = browser.new_page(device_scale_factor=1)
        self._arrow = self._drawn("pointer.html")
        self._phone: Image.Image | None = None
        self._at = (900.0, 640.0)
        self._saying = ""
        self._began = 0

    # --- captions ---------------------------------------------------------------------------------

    def says(self, caption: str) -> None:
        """End the caption that stands, once it could be read, and begin the next."""
        self.ends()
        self._saying, self._began = caption, self._clock

    def ends(self) -> None:
        """End the caption that stands."""
        if not self._saying:
            return
        stood = self._clock - self._began
        self._stays(max(0, round(texts.reading_seconds(self._film, self._saying) * RATE) - stood))
        self.times[self._saying] = (self._began / RATE, self._clock / RATE)

    # --- pictures ---------------------------------------------------------------------------------

    def holds(self, page: Page, seconds: float) -> None:
        """Take the page as it is, for some time."""
        self._keep(self._taken(page), max(1, round(seconds * RATE)))

    def points(self, page: Page, place: tuple[float, float]) -> None:
        """Move the pointer there, slower at both ends of its way."""
        scene, (x, y) = self._taken(page), self._at
        way = ((place[0] - x) ** 2 + (place[1] - y) ** 2) ** 0.5
        steps = min(10, max(3, round(way / 70)))
        for step in range(1, steps + 1):
            part = step / steps
            eased = part * part * (3 - 2 * part)
            self._at = (x + (place[0] - x) * eased, y + (place[1] - y) * eased)
            self._keep(scene, 1)

    def shows_phone(self, page: Page, *, code: str = "", picture: bytes = b"") -> None:
        """Show the phone: its camera with the QR code before it, or the app with a code."""
        scene, was_there = self._taken(page), self._phone is not None
        shown = f"{code[:3]} {code[3:]}"
        self._phone = self._drawn("phone.html", code=shown if code else "", picture=picture)
        if not was_there:
            for step in range(1, 6):
                rest = (1 - step / 5) ** 2
                self._keep(scene, 1, phone_y=round(_PHONE_AT[1] + (_BELOW - _PHONE_AT[1]) * rest))
        self._keep(scene, round(RATE * (1.2 if code else 1.6)))

    def hides_phone(self) -> None:
        """Put the phone away."""
        self._phone = None

    # --- how --------------------------------------------------------------------------------------

    def _taken(self, page: Page) -> Image.Image:
        taken = page.screenshot(animations="disabled", caret="initial")
        return Image.open(io.BytesIO(taken)).convert("RGB")

    def _keep(self, scene: Image.Image, ticks: int, phone_y: int = _PHONE_AT[1]) -> None:
        whole = scene.copy()
        if self._phone:
            whole.paste(self._phone, (_PHONE_AT[0], phone_y), self._phone)
        whole.paste(self._arrow, (round(self._at[0]) - 3, round(self._at[1]) - 2), self._arrow)
        file = self._folder / f"{len(self.shots):04d}.png"
        whole.save(file, compress_level=1)
        self.shots.append((file, 0))
        self._stays(ticks)

    def _stays(self, ticks: int) -> None:
        """Let the last picture stand for longer."""
        file, before = self.shots[-1]
        self.shots[-1] = (file, before + ticks)
        self._clock += ticks

    def _drawn(self, name: str, *, code: str = "", picture: bytes = b"") -> Image.Image:
        self._props.set_content((PROPS / name).read_text(encoding="utf-8"))
        values = {"code": code, "picture": base64.b64encode(picture).decode()}
        self._props.evaluate("(values) => window.fill?.(values)", values)
        self._props.wait_for_load_state("networkidle")
        drawn = self._props.locator("#prop").screenshot(omit_background=True)
        return Image.open(io.BytesIO(drawn)).convert("RGBA")
