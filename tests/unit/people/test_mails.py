"""Mails: what Azure Communication Services takes, as HTML and as plain text, with every text escaped."""

import pytest

from landfall.config.people import PeopleRule
from landfall.people.mails import mail_of
from landfall.people.messages import message_of, plain
from tests.unit.people.test_cards import APP, HOSTILE, fact

RULE = PeopleRule(
    name="ops", email=("ops@contoso.com", "erp@contoso.com"), sender="landfall@contoso.com", endpoint="%A%"
)


def test_a_mail_has_what_the_service_takes() -> None:
    """The request of emails:send as azure-rest-api-specs, CommunicationServicesEmail.json, has it, and nothing else."""
    mail = mail_of(message_of([fact(1, has_repair=True)], APP), RULE)
    assert {key: mail[key] for key in mail if key != "content"} == {
        "senderAddress": "landfall@contoso.com",
        "recipients": {"to": [{"address": "ops@contoso.com"}, {"address": "erp@contoso.com"}]},
        "userEngagementTrackingDisabled": True,
    }
    assert mail["content"]["subject"] == "Landfall: Failed (customers)"
    assert mail["content"]["plainText"] == (
        "Landfall: Failed (customers)\n\nFailed (customers)\nNo rows.\n- customers/USMF/1.csv\n"
        f"Open the run: {APP}/api/dashboard/runs/imp-1\n"
        f"Get its repair.zip: {APP}/api/dashboard/runs/imp-1/files/repair\n"
    )
    assert f'<a href="{APP}/api/dashboard/runs/imp-1">Open the run</a>' in mail["content"]["html"]


def test_nothing_in_a_mail_is_markup_but_ours() -> None:
    """A name or a reason that is HTML, or a bare address that mail programs make a link of, is only text."""
    mail = mail_of(message_of([fact(1, HOSTILE, subject=HOSTILE, source="<b>")], APP), RULE)
    html, text = mail["content"]["html"], mail["content"]["plainText"]
    assert html.count("<a ") == html.count(f'<a href="{APP}/')
    assert "<b>" not in html
    assert html.count("://") == html.count(f"{APP}/")
    assert text.count("://") == text.count(f"{APP}/")


@pytest.mark.parametrize("text", ["https://evil.example/x", "www.evil.example", "evil.example/x.csv", "a@evil.example"])
def test_no_program_takes_a_text_for_an_address(text: str) -> None:
    """Mail programs make links of bare hosts and addresses, and .zip is a domain; other file names stay as they are."""
    assert "evil.example" not in plain(text, 99)
    assert "://" not in plain(text, 99)
    assert plain("june.zip", 99) == "june.\u200bzip"
    assert plain("customers/june 1.5.csv", 99) == "customers/june 1.5.csv"


def test_a_message_names_twelve_causes_and_counts_the_others() -> None:
    """A mail is bounded like a card."""
    letters = "abcdefghijklmnopqrst"
    message = message_of([fact(at, f"Cause {letter}") for at, letter in enumerate(letters)], APP)
    assert message.title == "Landfall: 20 reports, 20 causes"
    assert len(message.groups) == 12
    assert message.rest == "And 8 more causes, 8 times in all."
