"""Who asks, and what they may: by function key, or by the roles of an Entra sign-in in front of the app.

With `access.sign_in` App Service's authentication (Easy Auth) lets nobody through who has not signed in, takes the
client principal's headers away from whoever else sends them, and sets its own. Without it those headers mean nothing,
for anybody can send them, and the function key decides.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PRINCIPAL = "x-ms-client-principal"
NAME = "x-ms-client-principal-name"
ROLE_CLAIMS = {"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}
"""What Entra calls app roles, before and after the platform has mapped its claims."""
NAME_CLAIMS = ("preferred_username", "name", "appid", "azp")
MAX_NAME = 200


class Role(StrEnum):
    """An app role of the Entra registration. Who may operate may read too."""

    READ = "Runs.Read"
    OPERATE = "Runs.Operate"


@dataclass(frozen=True)
class Principal:
    """Somebody who asks. `name` is what the ledger keeps as who did something."""

    name: str
    roles: frozenset[Role] = frozenset()

    def may(self, role: Role) -> bool:
        """Whether they have the role, or one that includes it."""
        return role in self.roles or (role == Role.READ and Role.OPERATE in self.roles)


KEY_HOLDER = Principal("function key", frozenset(Role))
"""Whoever has the function key: the Functions host let them through, and does not say who they are."""


def is_cross_site(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that another site's page makes this request, with whatever cookies it has for us.

    Browsers send `Sec-Fetch-Site` with every request and let no page change it; programs send nothing of the kind.
    """
    return headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}


def principal_of(headers: Mapping[str, str], *, sign_in: bool) -> Principal | None:
    """Who asks; None for somebody who has not signed in where that is needed."""
    if not sign_in:
        return KEY_HOLDER
    try:
        told = json.loads(base64.b64decode(headers.get(PRINCIPAL, ""), validate=True))
        claims = [(str(claim["typ"]), str(claim["val"])) for claim in told["claims"]]
        role_claims = ROLE_CLAIMS | {str(told.get("role_typ"))}
    except (binascii.Error, ValueError, LookupError, TypeError, AttributeError):
        return None
    names = [value for wanted in NAME_CLAIMS for kind, value in claims if kind == wanted]
    name = headers.get(NAME) or next(iter(names), "somebody without a name")
    granted = {value for kind, value in claims if kind in role_claims}
    return Principal(name[:MAX_NAME], frozenset(role for role in Role if role in granted))
