"""The browser side of the chat: its files, where each is served and with which headers.

One template makes both documents, the clinic page and the one inside the widget's iframe, so that they cannot drift
apart. Everything is plain HTML, CSS and JavaScript with no build step. The only values put into the page are those of
``clinic.yml``, escaped by Jinja2; a script or style never has a value in it, so the policy needs no nonce.
"""
from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.settings import Clinic

FOLDER = Path(__file__).resolve().parent
ASSET_FILES = {
    "/static/chat.css": ("chat.css", "text/css; charset=utf-8"),
    "/static/chat.js": ("chat.js", "text/javascript; charset=utf-8"),
    "/widget.js": ("widget.js", "text/javascript; charset=utf-8"),
}


@dataclass(frozen=True)
class Asset:
    body: bytes
    content_type: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Page:
    """Everything the chat server sends to a browser besides JSON.

    Attributes:
        clinic_page: the document of ``GET /``.
        embedded_page: the document of ``GET /chat``, shown in the widget's iframe.
        assets: the files, by path.
    """

    clinic_page: str
    embedded_page: str
    assets: dict[str, Asset]


def load(clinic: Clinic, folder: Path = FOLDER) -> Page:
    """Read the files and fill the template with what the clinic has told us; what it has not is left out."""
    assets = {path: _asset(folder / name, kind) for path, (name, kind) in ASSET_FILES.items()}
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("index.html")
    values = {
        "clinic_name": clinic.name,
        "city": clinic.get("city"),
        "phone": clinic.get("phone"),
        "phone_href": phone_href(clinic.get("phone")),
        "privacy_notice": _web_address(clinic.get("privacy_notice")),
        "version": hashlib.sha256(b"".join(asset.body for asset in assets.values())).hexdigest()[:12],
    }
    return Page(template.render(values, embedded=False), template.render(values, embedded=True), assets)


def phone_href(phone: str | None) -> str | None:
    """A ``tel:`` address for a US number as people write it, or None when it has no ten digits."""
    digits = "".join(c for c in phone or "" if c.isdigit())
    if len(digits) == 10:
        return f"tel:+1{digits}"
    if len(digits) == 11 and digits.startswith("1"):
        return f"tel:+{digits}"
    return None


def headers(frame_ancestors: Iterable[str] = ()) -> dict[str, str]:
    """The security headers of a document. Without frame ancestors it may not be framed at all."""
    ancestors = " ".join(frame_ancestors) or "'none'"
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            f"frame-ancestors {ancestors}; base-uri 'none'; form-action 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
        "Cache-Control": "no-cache",
    }


def _asset(path: Path, content_type: str) -> Asset:
    body = path.read_bytes()
    return Asset(
        body,
        content_type,
        {
            "Cache-Control": "no-cache",
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"',
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "cross-origin" if path.name == "widget.js" else "same-origin",
        },
    )


def _web_address(value: str | None) -> str | None:
    """The value when it is an address that is safe as a link; a sentence about the notice is not one."""
    parts = urlsplit((value or "").strip())
    return (value or "").strip() if parts.scheme in {"http", "https"} and parts.netloc else None
