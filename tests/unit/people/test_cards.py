"""Cards for Teams: valid, bounded, and nothing in them but text is anybody else's."""

from datetime import UTC, datetime

import pytest

from landfall.ledger.untold import Fact
from landfall.people.cards import LONGEST_CARD, card_of
from landfall.people.messages import DASHBOARD
from tests.unit.people.adaptive_card import Container, WebhookMessage, texts_of
from web.dashboard.assets import BASE

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
APP = "https://app.azurewebsites.net"
HOSTILE = "[Sign in](https://evil.example)<a href='https://evil.example'>x</a>**b** {{DATE(2026-01-01T00:00:00Z)}}\n# h"


def fact(number: int, reason: str = "No rows.", **changes: object) -> Fact:
    """A failed run's fact."""
    about = {"what": "Failed", "subject": f"customers/USMF/{number}.csv", "source": "customers", **changes}
    return Fact(f"e{number}", NOW, reason=reason, run_id=f"imp-{number}", **about)  # type: ignore[arg-type]


def shown(*facts: Fact, app_url: str = APP) -> WebhookMessage:
    """The card, read as strictly as the schema asks."""
    return WebhookMessage.model_validate_json(card_of(facts, app_url))


def test_a_card_says_what_happened_and_where_to_look() -> None:
    """One failure: what, why, which file, and links to its run and its repair.zip."""
    card = shown(fact(1, has_repair=True))
    assert texts_of(card) == [
        "Landfall: Failed (customers)",
        "Failed (customers)",
        "No rows.",
        "customers/USMF/1.csv",
    ]
    links = [
        (action.title, str(action.url))
        for group in card.attachments[0].content.body
        if isinstance(group, Container)
        for item in group.items
        if item.type == "ActionSet"
        for action in item.actions
    ]
    assert links == [
        ("Open the run", f"{APP}/api/dashboard/runs/imp-1"),
        ("Get its repair.zip", f"{APP}/api/dashboard/runs/imp-1/files/repair"),
    ]


def test_equal_causes_are_one_group_with_a_count_and_a_list() -> None:
    """Fifty files: the count, the first three names, and a link to the list of all of them."""
    card = shown(*(fact(number) for number in range(50)))
    texts = texts_of(card)
    assert texts[:2] == ["Landfall: Failed, 50 times (customers)", "Failed, 50 times (customers)"]
    assert texts[-1] == "and 47 more"
    assert "/api/dashboard?status=Failed&name=customers&period=7d" in card.model_dump_json()


def test_without_an_address_there_are_no_links() -> None:
    """Nobody gets a button that leads nowhere."""
    assert "ActionSet" not in shown(fact(1), app_url="").model_dump_json()


@pytest.mark.parametrize("text", [HOSTILE * 40, "\u202e\u0000\x1b[31m" * 900, "€😀" * 9000, "\ud800" * 9000])
def test_hostile_texts_stay_text_and_within_bounds(text: str) -> None:
    """Five hundred causes of such texts: valid, below Teams' limit, in visible characters, and no link but ours."""
    letters = [chr(ord("a") + at) for at in range(26)]
    names = [one + other for one in letters for other in letters][:500]
    card_bytes = card_of([fact(at, f"{name} {text}", subject=text) for at, name in enumerate(names)], APP)
    assert len(card_bytes) <= LONGEST_CARD
    card = WebhookMessage.model_validate_json(card_bytes)
    for each in texts_of(card):
        assert each.replace("\u200b", "").isprintable()
        assert "://" not in each
    assert {part.split("/")[0] for part in card_bytes.decode().split("https://")[1:]} == {"app.azurewebsites.net"}
    assert texts_of(card)[-1].startswith("And ")


def test_the_links_lead_to_the_dashboards_pages() -> None:
    """The library may not know the dashboard, but it knows where it is."""
    assert DASHBOARD == BASE
