"""`make film`: plays each script before the camera, and makes of it what the guides show.

`scripts/film lost-phone` records that one alone; `scripts/film --texts` writes the captions and chapters again,
with the times that were recorded: for a changed word.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import django
from PIL import Image
from playwright.sync_api import sync_playwright

from doorward.web.http.static_files import FOLDER
from tests.film import demonstration, samples, texts
from tests.film.camera import RATE, Camera
from tests.film.films import FILMS
from tests.film.stage import HEIGHT, WIDTH, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Browser

    from tests.film.films import Film

RESULTS = FOLDER / "film"
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")


def main(words: list[str]) -> int:
    """Record the films, or with --texts write their texts alone."""
    django.setup()
    if words == ["--texts"]:
        for film in FILMS:
            write_texts(film.name, samples.read(film.name)["times"])
        return 0
    if CHROMIUM is None or shutil.which("ffmpeg") is None:
        sys.exit(
            "The film wants Chromium and ffmpeg (scripts/system-packages; apt install ffmpeg)."
        )
    for film in FILMS:
        if not words or film.name in words:
            make(film)
    return 0


def make(film: Film) -> None:
    """Record one film, and write its texts."""
    with tempfile.TemporaryDirectory(prefix="doorward-film-") as folder, sync_playwright() as one:
        browser = one.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        )
        camera = record(film, browser, Path(folder))
        browser.close()
        RESULTS.mkdir(exist_ok=True)
        keep_poster(film, camera)
        encode(film, camera)
    write_texts(film.name, camera.times)
    seconds = sum(ticks for _, ticks in camera.shots) / RATE
    size = (RESULTS / f"{film.name}.webm").stat().st_size
    print(f"{film.name}: {seconds:.1f} s, {size:,} bytes")  # noqa: T201 - a command prints


def record(film: Film, browser: Browser, folder: Path) -> Camera:
    """Play the script before a camera."""
    with demonstration.running(folder) as portal:
        camera = Camera(film.name, browser, folder)
        stage = Stage(browser, portal, camera)
        film.play(stage)
        camera.ends()
    samples.write(film.name, camera.times, stage.samples)
    return camera


def encode(film: Film, camera: Camera) -> None:
    """Make a WebM (VP9) of the pictures, with a key frame where each caption begins."""
    begins = ",".join(f"{start:.3f}" for start, _ in camera.times.values())
    shape = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE)]
    colours = ["-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p"]
    colours += ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    codec = ["-c:v", "libvpx-vp9", "-crf", "33", "-b:v", "0", "-cpu-used", "4", "-row-mt", "1"]
    keys = ["-g", str(RATE * 10), "-force_key_frames", begins]
    # The pictures of captions that begin can be sought; nothing of the machine stands in the file.
    plain = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
    words = ["ffmpeg", "-loglevel", "error", "-y", *shape, "-i", "-", *colours, *codec, *keys]
    words += [*plain, "-cues_to_front", "1", str(camera.made)]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for file, ticks in camera.shots:
            picture = Image.open(file).tobytes()
            for _ in range(ticks):
                process.stdin.write(picture)
        process.stdin.close()
    assert process.returncode == 0
    shutil.move(camera.made, RESULTS / f"{film.name}.webm")


def keep_poster(film: Film, camera: Camera) -> None:
    """Keep one of the pictures as the one that stands before the film is played."""
    wanted, passed = camera.times[film.poster_of][1] * RATE - 1, 0
    for file, ticks in camera.shots:
        passed += ticks
        if passed > wanted:
            Image.open(file).save(RESULTS / f"{film.name}.webp", "WEBP", quality=71, method=6)
            return


def write_texts(film: str, times: Mapping[str, tuple[float, float]]) -> None:
    """Write captions and chapters in every language."""
    for language in texts.LANGUAGES:
        for kind, text in texts.tracks(film, language, times).items():
            (RESULTS / f"{film}.{kind}.{language}.vtt").write_text(text, encoding="utf-8")
