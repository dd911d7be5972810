# SPDX-License-Identifier: LGPL-2.1-or-later
"""picture - docs/report.png, the picture that README opens with: one image of the demo's report.

    scripts/bench picture

Simulates and compresses the series of README's example, cuts the image with the strongest spots out of the report,
and has Chromium draw it. 64 colours are enough, and keep the file small.
"""
import os
import pathlib
import re
import subprocess
import tempfile

from PIL import Image, ImageChops

PROGRAMS = pathlib.Path(os.environ["LBC_BUILD"]) / "bin"
PICTURE = pathlib.Path(os.environ["LBC_SOURCE"]) / "docs" / "report.png"
WIDTH, HEIGHT = 840, 700


def run(*command, cwd):
    subprocess.run([str(word) for word in command], cwd=cwd, check=True, capture_output=True)


def cut(page):
    """The page without all but the last of its images."""
    head = page[:page.index("<header>")]
    pictures = page[page.index('<section class="pictures">'):page.index("</section>")]
    figure = re.findall(r"<figure>.*?</figure>", pictures, re.S)[-1]
    return f"{head}{figure}</main></body></html>".replace("padding:40px 24px 56px", "padding:12px")


def trimmed(image):
    """Without the empty paper below and around."""
    box = ImageChops.difference(image, Image.new("RGB", image.size, image.getpixel((1, 1)))).getbbox()
    return image.crop(box)


def main():
    with tempfile.TemporaryDirectory(prefix="lbc-picture-") as name:
        folder = pathlib.Path(name)
        run(PROGRAMS / "l_bnl_simulate", "-x", "0.3", "-o", "lyso", cwd=folder)
        run(PROGRAMS / "l_bnl_compress", "-i", "lyso_master.h5", "-b", 2, "-s", 2, "-H", 16, "-c", "hcomp", "-o", "small",
            "--report", "small.html", cwd=folder)
        (folder / "cut.html").write_text(cut((folder / "small.html").read_text()))
        run("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={folder}/profile", f"--window-size={WIDTH},{HEIGHT}", "--screenshot=shot.png",
            f"file://{folder}/cut.html", cwd=folder)
        with Image.open(folder / "shot.png") as shot:
            small = trimmed(shot.convert("RGB")).quantize(64, Image.MAXCOVERAGE, kmeans=2, dither=Image.NONE)
        small.save(PICTURE, optimize=True)
    print(f"{PICTURE}: {small.size[0]} x {small.size[1]} pixels, {PICTURE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
