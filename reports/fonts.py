"""Whether this machine has letters for a language: PDF and PPTX are drawn with its fonts."""

from __future__ import annotations

import shutil
import subprocess

from reports.locale import LANGUAGES, words_for

__all__ = ["languages_without_font", "missing_font"]

# Letters that fonts without the language lack; English and the other Latin ones need no look.
_LETTERS = {"fa": "پگی", "gu": "કશૃ", "mn": "өүё", "kmr": "şêî"}
_ADVICE = {
    "fa": "fonts-noto-core (Noto Naskh Arabic) or Vazirmatn",
    "gu": "fonts-noto-core (Noto Sans Gujarati)",
    "mn": "fonts-noto-core or fonts-dejavu",
    "kmr": "fonts-noto-core or fonts-dejavu",
}


def missing_font(language: str) -> str:
    """A sentence when no font has the letters of the language; "" when one has.

    Asks fontconfig; where that is not installed (Windows, macOS) nothing is known and "" is said.
    """
    letters, ask = _LETTERS.get(language), shutil.which("fc-list")
    if not letters or not ask:
        return ""
    charset = " ".join(f"{ord(letter):x}" for letter in letters)
    found = subprocess.run(
        [ask, f":charset={charset}", "family"], capture_output=True, text=True, timeout=20
    )
    if found.returncode or found.stdout.strip():
        return ""
    return (
        f"no font here has the letters of {words_for(language).name} ({language}): PDF and PPTX "
        f"will show boxes; install {_ADVICE[language]}"
    )


def languages_without_font() -> list[str]:
    """Languages that PDF and PPTX cannot be drawn in here."""
    return [language for language in LANGUAGES if missing_font(language)]
