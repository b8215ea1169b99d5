"""Keeps other sites from acting with a signed-in person's browser.

A browser sends cookies wherever a request comes from. So an action must bring, in a header, the token that its page was
given, and that must be the one in a cookie that no other site can read or set.
"""

import hmac
import secrets
from urllib.parse import urlsplit

import azure.functions as func

from landfall.ledger.sessions import LIFE
from web.dashboard.assets import BASE

COOKIE, HEADER = "landfall_csrf", "X-CSRF-Token"
LENGTH = 43
"""Characters of 256 bits: whoever sets a shorter cookie was not us."""


def token_of(req: func.HttpRequest) -> str:
    """The browser's token: the one that it has, else a new one."""
    known = cookie_of(req, COOKIE)
    return known if len(known) == LENGTH else secrets.token_urlsafe(32)


def keep(req: func.HttpRequest, token: str) -> dict[str, str]:
    """The header that goes with a page, so that the browser keeps its token."""
    return {"Set-Cookie": set_cookie(req, COOKIE, token, round(LIFE.total_seconds()))}


def is_genuine(req: func.HttpRequest) -> bool:
    """Whether an action comes from a page of ours."""
    known, brought = cookie_of(req, COOKIE), req.headers.get(HEADER, "")
    return len(known) == LENGTH and hmac.compare_digest(known.encode(), brought.encode())


MACHINE = {"localhost", "127.0.0.1"}
"""Where a browser may lack HTTPS, and some keep no Secure cookie without it."""


def cookie_of(req: func.HttpRequest, name: str) -> str:
    """A cookie's value, empty where the browser sent none."""
    cookies = (each.strip().partition("=") for each in req.headers.get("Cookie", "").split(";"))
    return next((value for known, _, value in cookies if known == name), "")


def set_cookie(req: func.HttpRequest, name: str, value: str, seconds: int) -> str:
    """The Set-Cookie header that has the browser keep it for so long; 0 has it forget it."""
    secure = "" if urlsplit(req.url).hostname in MACHINE else "; Secure"
    return f"{name}={value}; Path={BASE}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
