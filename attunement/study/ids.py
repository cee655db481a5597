"""Ids that are safe as folder names on Windows, macOS and Linux."""

import re
import unicodedata

MAX_CHARACTERS = 100
# File systems limit a name to 255 bytes; suffixes and temporary names need some of them.
MAX_BYTES = 200
_FORBIDDEN = '<>:"/\\|?*'
_RESERVED = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    f"{port}{number}" for port in ("COM", "LPT") for number in "123456789¹²³"
}


def id_fault(text: str) -> str:
    """Return what makes `text` unsafe as a folder name, or the empty text where it is safe."""
    if not text:
        return "it is empty"
    if bad := sorted({character for character in text if _is_bad(character)}):
        return f"it contains {' '.join(repr(character) for character in bad)}"
    if text[0] == "." or text[0].isspace():
        return "it begins with a dot or a space"
    if text[-1] == "." or text[-1].isspace():
        return "it ends with a dot or a space"
    if text.split(".")[0].strip().upper() in _RESERVED:
        return "Windows keeps this name for a device"
    if len(text) > MAX_CHARACTERS or len(text.encode()) > MAX_BYTES:
        return f"it is longer than {MAX_CHARACTERS} characters or {MAX_BYTES} bytes"
    return ""


def safe_id(text: str) -> str:
    """Return the id most like `text` that is safe; a safe one is returned as it is."""
    if not id_fault(text):
        return text
    text = "".join("_" if _is_bad(character) else character for character in text)
    text = _trimmed(re.sub(r"_{2,}", "_", text))
    if text.split(".")[0].strip().upper() in _RESERVED:
        text = f"id_{text}"
    text = _trimmed(text[:MAX_CHARACTERS])
    while len(text.encode()) > MAX_BYTES:
        text = _trimmed(text[:-1])
    return text if text.strip("_") else "id"


def folded(text: str) -> str:
    """Return the form in which two ids are the same folder on some system."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _is_bad(character: str) -> bool:
    # Cc control, Cf invisible marks, Cs half a character, Zl and Zp line ends.
    category = unicodedata.category(character)
    return character in _FORBIDDEN or category in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _trimmed(text: str) -> str:
    text = text.strip()
    while text and (text[0] == "." or text[-1] == "." or text != text.strip()):
        text = text.strip(". ").strip()
    return text
