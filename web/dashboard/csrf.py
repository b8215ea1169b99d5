"""Keeps other sites from acting through a signed-in person's browser.

A browser sends cookies wherever a request comes from. So an action must send, in a header, the token that its page was
given, and the token must equal one in a cookie that no other site can read or set.
"""

import hmac
import re
import secrets
from urllib.parse import urlsplit

import azure.functions as func

from landfall.ledger.sessions import LIFE
from web.dashboard.assets import BASE

COOKIE, HEADER = "landfall_csrf", "X-CSRF-Token"
TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
"""256 bits as characters. Landfall sets no other cookie of this name."""
LOCAL_HOSTS = {"localhost", "127.0.0.1"}
"""Hosts that may lack HTTPS, without which some browsers keep no Secure cookie."""


def token_of(req: func.HttpRequest) -> str:
    """The browser's token, or a new one if it has none."""
    token = cookie_of(req, COOKIE)
    return token if TOKEN.fullmatch(token) else secrets.token_urlsafe(32)


def cookie_header(req: func.HttpRequest, token: str) -> dict[str, str]:
    """The header that has the browser keep its token."""
    return {"Set-Cookie": set_cookie(req, COOKIE, token, round(LIFE.total_seconds()))}


def is_genuine(req: func.HttpRequest) -> bool:
    """Whether a page of the dashboard sent the request."""
    cookie, header = cookie_of(req, COOKIE), req.headers.get(HEADER, "")
    return bool(TOKEN.fullmatch(cookie) and TOKEN.fullmatch(header)) and hmac.compare_digest(cookie, header)


def cookie_of(req: func.HttpRequest, name: str) -> str:
    """A cookie's value, empty if the browser sent none."""
    cookies = (each.strip().partition("=") for each in req.headers.get("Cookie", "").split(";"))
    return next((value for each, _, value in cookies if each == name), "")


def set_cookie(req: func.HttpRequest, name: str, value: str, seconds: int) -> str:
    """The Set-Cookie header that has the browser keep a cookie for so many seconds; 0 deletes it."""
    secure = "" if urlsplit(req.url).hostname in LOCAL_HOSTS else "; Secure"
    return f"{name}={value}; Path={BASE}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
