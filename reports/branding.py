"""How a study wants its report to look: title, logo, accent, footer, sections left out."""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from crawler.errors import ConfigError
from reports.model import ACCENT, ACCENT_DARK, Branding, Collection, Logo, Report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["contrast", "legible", "read_branding", "read_logo", "without_hidden"]

MAX_LOGO_BYTES = 1_000_000
_MAX_SIDE = 6000  # px; a small file can unpack to gigabytes
_BOX = (720, 216)  # px: three times what a page shows, so that it prints sharp

# What text stands on in the style sheet (--wash; paper is lighter, or darker, still), with the
# contrast that WCAG 2.2 asks of text (1.4.3); and competitors' marks, from which our own must
# differ for people who see no colours (chosen by eye).
_ON_LIGHT = (("#f3f5f7", 4.5), ("#8a96a1", 1.6))
_ON_DARK = (("#18212a", 4.5), ("#8593a0", 1.6))


def read_branding(settings: Mapping[str, Any]) -> Branding:
    """The look that a study's settings ask for; what cannot be had is said in `notes`.

    A report is made even when its logo is gone: a schedule at night must not fail for that.
    """
    notes = []
    logo = None
    if path := settings.get("report_logo"):
        try:
            logo = read_logo(Path(path))
        except ConfigError as error:
            notes.append(f"{error}; the report has no logo")
    wanted = str(settings.get("report_accent") or ACCENT).lower()
    light = legible(wanted, _ON_LIGHT, "#000000")
    dark = legible(wanted, _ON_DARK, "#ffffff") if wanted != ACCENT else ACCENT_DARK
    if light != wanted:
        notes.append(
            f"report_accent {wanted} is too pale for text on white "
            f"(contrast {contrast(wanted, '#ffffff'):.1f}, needed 4.5); {light} is used"
        )
    return Branding(
        title=settings.get("report_title"),
        logo=logo,
        accent=light,
        accent_dark=dark,
        hidden=tuple(settings.get("report_hidden") or ()),
        footer=settings.get("report_footer"),
        notes=tuple(notes),
    )


# Colours


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG, 1 to 21.

    >>> contrast("#ffffff", "#000000"), round(contrast("#777777", "#fff"), 2)
    (21.0, 4.48)
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def legible(color: str, backgrounds: Sequence[tuple[str, float]], toward: str) -> str:
    """The colour, mixed with as little of `toward` as gives each background its contrast.

    >>> legible("#ffd700", [("#ffffff", 4.5)], "#000000")
    '#8a7400'
    """
    for percent in range(101):
        mixed = _mix(color, toward, percent / 100)
        if all(contrast(mixed, back) >= least for back, least in backgrounds):
            return mixed
    return toward


def _channels(color: str) -> tuple[int, int, int]:
    digits = color.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _mix(color: str, toward: str, share: float) -> str:
    pairs = zip(_channels(color), _channels(toward), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _luminance(color: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# The logo


def read_logo(path: Path) -> Logo:
    """The logo of a PNG, JPEG or SVG file, drawn anew as a PNG that holds nothing but pixels.

    Raises ConfigError when the file cannot be read, is too large, or is none of the three.
    """
    try:
        if path.stat().st_size > MAX_LOGO_BYTES:
            raise ConfigError(
                f"logo {path} has more than {MAX_LOGO_BYTES:,} bytes; save it smaller"
            )
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"logo {path} cannot be read: {error.strerror}") from None
    drawn = _from_pixels(content) or _from_svg(content)
    if drawn is None:
        raise ConfigError(
            f"logo {path} is no PNG, JPEG or SVG that can be drawn; save it as PNG, "
            f"{_MAX_SIDE} px a side at most"
        )
    markup, width, height = drawn
    png = _rasterize(markup, width, height)
    if png == _rasterize("", width, height):
        raise ConfigError(f"logo {path} shows nothing when drawn; save it as PNG")
    width, height = struct.unpack(">II", png[16:24])
    return Logo(base64.b64encode(png).decode(), width, height)


def _rasterize(markup: str, width: float, height: float) -> bytes:
    # vl-convert costs 0.3 s to load: only a study with a logo pays for it.
    import vl_convert  # noqa: PLC0415

    scale = min(_BOX[0] / width, _BOX[1] / height)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    try:
        png: bytes = vl_convert.svg_to_png(
            f'<svg xmlns="{_SVG}" width="{wide}" height="{high}" '
            f'viewBox="0 0 {width:g} {height:g}">{markup}</svg>'
        )
    except ValueError as error:  # what vl-convert raises for markup that it cannot parse
        raise ConfigError(f"logo cannot be drawn: {str(error)[:120]}") from None
    return png


def _from_pixels(content: bytes) -> tuple[str, float, float] | None:
    """A PNG or JPEG as an SVG image element, with its size in px."""
    if content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) > 24:
        kind, (width, height) = "png", struct.unpack(">II", content[16:24])
    elif (size := _jpeg_size(content)) is not None:
        kind, (width, height) = "jpeg", size
    else:
        return None
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        return None
    held = base64.b64encode(content).decode()
    markup = f'<image href="data:image/{kind};base64,{held}" width="{width}" height="{height}"/>'
    return markup, width, height


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Width and height from the frame header of a JPEG; None for anything else."""
    if content[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


_SVG = "http://www.w3.org/2000/svg"
# Shapes, text and gradients. Nothing that loads (image, use, feImage), runs or multiplies.
_ELEMENTS = frozenset(
    "svg g defs path rect circle ellipse line polyline polygon text tspan linearGradient "
    "radialGradient stop clipPath style title".split()
)
_ELSEWHERE = re.compile(r"url\s*\(\s*['\"]?\s*(?!#)|@|\\|javascript:", re.IGNORECASE)


def _from_svg(content: bytes) -> tuple[str, float, float] | None:
    """What may be kept of an SVG, as markup in its own coordinates; None when it is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root.tag != f"{{{_SVG}}}svg" or b"<!ENTITY" in content:
        return None
    left, top, width, height = _view(root)
    if not (0 < width < 1e6 and 0 < height < 1e6):
        return None
    kept = _drawing(root)
    for name in ("width", "height", "viewBox", "x", "y"):
        kept.attrib.pop(name, None)
    kept.tag = f"{{{_SVG}}}g"
    kept.set("transform", f"translate({-left:g} {-top:g})")
    return etree.tostring(kept, encoding="unicode"), width, height


def _view(root: Any) -> tuple[float, float, float, float]:
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", root.get("viewBox", ""))]
    if len(numbers) == 4:
        return numbers[0], numbers[1], numbers[2], numbers[3]
    sides = [re.match(r"\d+(?:\.\d+)?", root.get(name, "")) for name in ("width", "height")]
    width, height = (float(found[0]) if found else 0.0 for found in sides)
    return 0.0, 0.0, width, height


def _drawing(element: Any) -> Any:
    kept = etree.Element(element.tag, nsmap={None: _SVG})
    for name, value in element.attrib.items():
        plain = "{" not in name and not name.lower().startswith("on") and name != "href"
        if plain and not _ELSEWHERE.search(value):
            kept.set(name, value)
    is_style = element.tag == f"{{{_SVG}}}style"
    if not (is_style and _ELSEWHERE.search(element.text or "")):
        kept.text = element.text
    for child in element:
        if isinstance(child.tag, str) and _local(child.tag) in _ELEMENTS:
            drawn = _drawing(child)
            drawn.tail = child.tail
            kept.append(drawn)
    return kept


def _local(tag: str) -> str:
    return tag.removeprefix(f"{{{_SVG}}}")


# Hidden sections

_EMPTY_COLLECTION = Collection((), (), (), (), (), ())


def without_hidden(report: Report) -> Report:
    """The report without the parts that its branding hides, so that no format can hold them."""
    hidden = report.branding.hidden
    parts: dict[str, dict[str, Any]] = {
        "scoreboard": {
            "scoreboard": replace(report.scoreboard, title="", dimensions=(), rows=()),
            "positions_title": "",
            "positions": (),
        },
        "gaps": {"gaps_title": "", "gaps": ()},
        "brands": {"pages": ()},
        "questions": {
            "questions": replace(
                report.questions, compared=0, we_miss=(), only_we=(), nobody=(), shared=()
            )
        },
        "voice": {
            "voice": replace(report.voice, themes=(), sources=(), over_time=(), terms=()),
            "promises": (),
            "own_numbers": (),
        },
        "ranking": {"brands": ()},
        "changes": {"changes": replace(report.changes, rows=(), gaps=())},
        "collected": {"collection": _EMPTY_COLLECTION},
        "method": {"method": replace(report.method, notes=(), metrics=())},
    }
    for name in hidden:
        report = replace(report, **parts.get(name, {}))
    bare: Report = _uncited(report) if "evidence" in hidden else report
    return bare


def _uncited(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_uncited(entry) for entry in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed = {f.name: _uncited(getattr(value, f.name)) for f in fields(value)}
    if "evidence" in changed:
        changed["evidence"] = ()
    return replace(value, **changed)
