"""SVG → PNG and PDF, set in the font that comes with archspec."""

import re
from importlib.resources import as_file, files

from archspec.diagnostic import ArchspecError
from archspec.draw.order import ordered

__all__ = ["pdf", "png"]

_FONTS = ("Arimo-Regular.ttf", "Arimo-Bold.ttf")
_BEYOND = re.compile("[^\x00-\u017f\u0370-\u03ff\u0400-\u045f\u2010-\u2027\u2030-\u203a\u2070-\u208e\u2190-\u2199]")
"""What the font has no glyphs for, so that those of the machine are asked."""


def png(svg: str, scale: int = 1) -> bytes:
    """Return the picture with so many pixels to a unit.

    Raises:
        ArchspecError: the package that draws it is not installed.
    """
    try:
        import resvg_py
    except ImportError:
        raise _missing("PNG") from None
    with as_file(files("archspec.draw") / "fonts") as folder:
        fonts = [str(folder / name) for name in _FONTS]
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=svg, zoom=scale, font_files=fonts, skip_system_fonts=not _BEYOND.search(svg)
            )
        )


def pdf(svg: str) -> bytes:
    """Return the picture as one page of lines and text, its fonts inside.

    Raises:
        ArchspecError: the package that draws it is not installed.
    """
    try:
        import svg2pdf_py  # type: ignore[import-untyped]
    except ImportError:
        raise _missing("PDF") from None
    with as_file(files("archspec.draw") / "fonts") as folder:
        known = svg2pdf_py.FontDatabase.system() if _BEYOND.search(svg) else svg2pdf_py.FontDatabase()
        for name in _FONTS:
            known.load_font_file(str(folder / name))
        return ordered(bytes(svg2pdf_py.svg_to_pdf(svg, known)))


def _missing(form: str) -> ArchspecError:
    return ArchspecError(f"a {form} needs more than is installed: pip install 'archspec-nn[draw]'")
