"""A photograph and the spec of six filters → a sheet of what each filter makes of it, for the documentation.

    python scripts/filters.py         writes docs/images/filters/sheet.png anew

The photograph, docs/images/filters/photograph.png, is of a coffee cup by Rachel Michetti, courtesy of Pikolo Espresso
Bar, who put it into the public domain (CC0); taken from the example images of scikit-image, cropped to
a square and made smaller.
"""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

import archspec

__all__ = ["PHOTOGRAPH", "SHEET", "place", "sheet"]

ROOT = Path(__file__).parents[1]
PHOTOGRAPH = ROOT / "docs" / "images" / "filters" / "photograph.png"
SHEET = ROOT / "docs" / "images" / "filters" / "sheet.png"
SPEC = ROOT / "specs" / "article" / "filters.yaml"
FONT = ROOT / "archspec" / "draw" / "fonts" / "Arimo-Regular.ttf"

COLUMNS, GAP, LABEL = 3, 8, 18
"""Pictures in a row, pixels between them, and the height of the line below each."""


def filtered(image: Image.Image) -> dict[str, Image.Image]:
    """Return what each filter of the spec makes of an image, darker than black and lighter than white cut off.

    In double precision, and on values from 0 to 255, so that halves are rounded the same way everywhere.
    """
    values = torch.from_numpy(np.asarray(image).transpose(2, 0, 1).astype(np.float64))
    module = archspec.load(SPEC, input=tuple(values.shape)).build(dtype="float64").eval()
    with torch.no_grad():
        outputs = module(values[None])
    return {
        name: Image.fromarray(output[0].round().clamp(0, 255).byte().permute(1, 2, 0).numpy())
        for name, output in outputs.items()
    }


def place(index: int, size: tuple[int, int]) -> tuple[int, int]:
    """Return where the left upper corner of a picture is on the sheet: pixels from the left, and from the top."""
    row, column = divmod(index, COLUMNS)
    return column * (size[0] + GAP), row * (size[1] + LABEL + GAP)


def sheet(image: Image.Image) -> Image.Image:
    """Return the pictures that the filters make, in the order of the spec, each with its filter's name below it."""
    pictures = filtered(image)
    (right, _), (_, bottom) = place(COLUMNS - 1, image.size), place(len(pictures) - 1, image.size)
    page = Image.new("RGB", (right + image.width, bottom + image.height + LABEL), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.truetype(FONT, 13)
    for index, (name, picture) in enumerate(pictures.items()):
        x, y = place(index, image.size)
        page.paste(picture, (x, y))
        draw.text((x + image.width / 2, y + image.height + LABEL / 2), name, "black", font, anchor="mm")
    return page


if __name__ == "__main__":
    sheet(Image.open(PHOTOGRAPH)).save(SHEET, optimize=True)
