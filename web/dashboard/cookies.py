"""Cookies of the dashboard: for its own pages alone, out of every script's reach, never sent along by other sites."""

from urllib.parse import urlsplit

import azure.functions as func

from web.dashboard.assets import BASE

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
