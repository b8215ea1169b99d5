"""People are told on a real table and by real HTTP: one message for each cause, once, whatever the channel does."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from activities.notices import announce_end, announce_event
from activities.people import GATHERING, Box, Due, tell_box, tell_what_waits, when_to_tell
from landfall.config.people import Audience, PeopleRule
from landfall.ledger.ledger import Ledger
from landfall.ledger.untold import Fact
from landfall.notices import cloud_event
from landfall.records import Outcome, Run, Source, State, from_json, to_json
from landfall.services import Services
from orchestrations.tell_people import tell_people
from tests.integration.durable_client import FakeClient
from tests.unit.orchestrations.conftest import Play
from tests.unit.people.adaptive_card import WebhookMessage, texts_of
from tests.unit.receiver import Receiver, receiving
from web.notices import Sent, send_test
from web.problems import ProblemError

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
TEAMS, MAIL = Box("teams"), Box("mail")


def audience(receiver: Receiver, name: str, **changes: Any) -> Audience:
    """A rule's people, who read on this receiver; the rule named `mail` is for mailboxes."""
    mail = {"email": ("ops@contoso.com",), "sender": "app@contoso.com", "endpoint": "%MAIL%"}
    channel = mail if name == "mail" else {"teams": "%TEAMS%"}
    url = f"http://127.0.0.1:{receiver.port}/" if name == "mail" else receiver.url
    return Audience(PeopleRule.model_validate({"name": name, **channel, **changes}), url)


@pytest.fixture
def told(services: Services) -> Callable[..., Services]:
    """Make services with a table of their own, on which these people are told."""

    def make(*people: Audience) -> Services:
        ledger = Ledger(services.account.tables.create_table(f"runs{uuid4().hex}"))
        return replace(
            services,
            ledger=ledger,
            people=people,
            app_url="https://app.example",
            mail_token=lambda: "the-token",
            now=lambda: NOW,
        )

    return make


def fail(services: Services, client: FakeClient, number: int, reason: str, **changes: Any) -> None:
    """Announce that a run has ended."""
    source = Source("landing", f"customers/USMF/{number}.csv", "etag")
    run = Run(f"imp-{number}", "import", State.DONE, source=source, reason=reason, times={"Done": NOW})
    asyncio.run(announce_end(services, replace(run, outcome=Outcome.FAILED, **changes), client))  # type: ignore[arg-type]


def play(services: Services, box: Box, between: Callable[[], None] = lambda: None) -> Play:
    """Play the box's orchestration with its real activities; `between` is called after each try to tell."""

    def tell(data: Any) -> Any:
        answer = tell_box(services, from_json(Box, data))
        between()
        return answer and to_json(answer)

    played = Play(
        {"when_to_tell": lambda data: to_json(when_to_tell(services, from_json(Box, data))), "tell_box": tell}, now=NOW
    )
    played.run(tell_people, to_json(box))
    return played


def test_fifty_equal_failures_are_one_card_and_one_mail(told: Callable[..., Services]) -> None:
    """Each with the count, whatever differs in the reasons; the ledger forgets what was told."""
    with receiving() as teams, receiving() as mail:
        services, client = told(audience(teams, "teams"), audience(mail, "mail")), FakeClient()
        for number in range(50):
            fail(services, client, number, f"Customer group 'G{number}' does not exist.")
        assert {(name, instance) for name, instance, _ in client.started} == {
            ("tell_people", "people.teams"),
            ("tell_people", "people.mail"),
        }
        for box in (TEAMS, MAIL):
            play(services, box)
            assert services.ledger.untold.first(box.key, 1) == []
    ((_, card),) = teams.got
    assert "Failed, 50 times" in texts_of(WebhookMessage.model_validate_json(card))
    ((headers, body),) = mail.got
    assert headers["authorization"] == "Bearer the-token"
    assert json.loads(body)["content"]["subject"] == "Landfall: Failed, 50 times"
    assert "sig=" not in json.dumps(client.started)


def test_two_causes_are_two_groups_of_one_message(told: Callable[..., Services]) -> None:
    """The most frequent one comes first."""
    with receiving() as teams:
        services, client = told(audience(teams, "teams")), FakeClient()
        for number, reason in enumerate(["No header.", "The zip is damaged.", "No header."]):
            fail(services, client, number, reason)
        play(services, TEAMS)
    ((_, card),) = teams.got
    texts = texts_of(WebhookMessage.model_validate_json(card))
    assert texts[0] == "Landfall: 3 reports, 2 causes"
    assert [text for text in texts if text.startswith("Failed")] == ["Failed, 2 times", "Failed"]


def test_a_dead_channel_gets_one_message_when_it_is_back(told: Callable[..., Services]) -> None:
    """What fails while it is dead joins the message, which comes once."""
    with receiving(503, 404, 500) as teams:
        services, client = told(audience(teams, "teams")), FakeClient()
        fail(services, client, 1, "No header.")
        numbers = iter(range(2, 99))
        play(services, TEAMS, lambda: fail(services, client, next(numbers), "No header.") if teams.answers else None)
    ((_, card),) = teams.got
    assert "Failed, 3 times" in texts_of(WebhookMessage.model_validate_json(card))


def test_a_crash_after_sending_tells_once_more_and_loses_nothing(told: Callable[..., Services]) -> None:
    """The facts are still there, so the next try tells them."""
    with receiving() as teams:
        services, client = told(audience(teams, "teams")), FakeClient()
        fail(services, client, 1, "No header.")
        facts = services.ledger.untold.first(TEAMS.key, 9)
        tell_box(services, TEAMS)
        for each in facts:
            services.ledger.untold.add(TEAMS.key, each)
        tell_box(services, TEAMS)
        assert services.ledger.untold.first(TEAMS.key, 9) == []
    assert teams.got[0][1] == teams.got[1][1]


def test_a_file_that_is_refused_early_is_told_to_the_people_of_its_route(told: Callable[..., Services]) -> None:
    """Its run does not know its route, but the path does."""
    with receiving() as teams:
        services, client = told(audience(teams, "teams", routes=["packages"])), FakeClient()
        for name in ("packages/USMF/a.zip", "elsewhere/USMF/a.zip"):
            fail(services, client, 1, "No zip.", source=Source("landing", name, "e"), run_id=uuid4().hex)
    (fact,) = services.ledger.untold.first(TEAMS.key, 9)
    assert (fact.subject, fact.source) == ("packages/USMF/a.zip", "packages")


def test_a_repeated_event_is_one_fact(told: Callable[..., Services]) -> None:
    """An activity may be carried out twice; the attempt and the outcome tell ends apart."""
    with receiving() as teams:
        services, client = told(audience(teams, "teams")), FakeClient()
        for attempt in (1, 1, 2):
            fail(services, client, 1, "No header.", attempt=attempt)
    assert len(services.ledger.untold.first(TEAMS.key, 9)) == 2


def test_the_sweeper_starts_what_is_left(told: Callable[..., Services]) -> None:
    """A box with something in it is told although its orchestration died; an empty one is left alone."""
    with receiving() as teams:
        services, client = told(audience(teams, "teams", digest="07:00"), audience(teams, "mail")), FakeClient()
    asyncio.run(tell_what_waits(services, client.start_new))
    assert client.started == []
    services.ledger.untold.add("teams.daily", Fact("e", NOW, "Failed", "a.csv"))
    asyncio.run(tell_what_waits(services, client.start_new))
    assert client.started == [("tell_people", "people.teams.daily", {"rule": "teams", "daily": True})]


def test_a_digest_waits_for_its_time_and_an_event_does_not(told: Callable[..., Services]) -> None:
    """Ends of runs come once a day, in one message; an environment that cannot be used is told within a minute."""
    with receiving() as teams:
        rule = audience(teams, "teams", digest="07:30", time_zone="Europe/Copenhagen")
        services, client = told(rule), FakeClient()
        fail(services, client, 1, "No header.")
        event = cloud_event("landfall.environment.opened", "e1", "uat", "https://uat", NOW, {"environment": "uat"})
        asyncio.run(announce_event(services, event, "uat", "opened", client))  # type: ignore[arg-type]
        assert [instance for _, instance, _ in client.started] == ["people.teams.daily", "people.teams"]
        assert play(services, TEAMS).waited()[0] == 60
        assert when_to_tell(services, Box("teams", daily=True)) == Due(datetime(2026, 3, 1, 6, 30, tzinfo=UTC))
        assert play(services, Box("teams", daily=True)).waited()[0] == 1800
    assert [texts_of(WebhookMessage.model_validate_json(card))[0] for _, card in teams.got] == [
        "Landfall: Environment opened",
        "Landfall: Failed",
    ]


def test_what_an_earlier_digest_left_untold_waits_for_no_other(told: Callable[..., Services]) -> None:
    """Its orchestration died, or there was more than a message takes: it is told now, and not a day later."""
    with receiving() as teams:
        services, daily = told(audience(teams, "teams", digest="05:30")), Box("teams", daily=True)
    services.ledger.untold.add(daily.key, Fact("e", NOW - timedelta(minutes=29), "Failed", "a.csv"))
    assert when_to_tell(services, daily) == Due(NOW + timedelta(hours=23, minutes=30))
    services.ledger.untold.add(daily.key, Fact("f", NOW - timedelta(minutes=31), "Failed", "b.csv"))
    assert when_to_tell(services, daily) == Due(NOW + GATHERING)


def test_a_rule_that_is_left_out_keeps_its_facts(told: Callable[..., Services]) -> None:
    """They are told once the mistake is corrected."""
    with receiving() as teams:
        services, client = told(audience(teams, "teams")), FakeClient()
        fail(services, client, 1, "No header.")
        assert tell_box(replace(services, people=()), TEAMS) is None
        assert tell_box(services, TEAMS)
    assert len(teams.got) == 1


def test_many_facts_are_told_and_forgotten(told: Callable[..., Services]) -> None:
    """More than a transaction takes, and one that somebody else has forgotten already."""
    with receiving() as teams:
        services = told(audience(teams, "teams"))
        for number in range(130):
            services.ledger.untold.add(TEAMS.key, Fact(f"e{number}", NOW, "Failed", "a.csv"))
        facts = services.ledger.untold.first(TEAMS.key, 999)
        services.ledger.untold.delete(TEAMS.key, facts[:1])
        services.ledger.untold.delete(TEAMS.key, facts)
    assert len(facts) == 130
    assert services.ledger.untold.first(TEAMS.key, 1) == []


def test_a_test_message_says_what_the_channel_answered(told: Callable[..., Services]) -> None:
    """An operator tries a rule out; the answer has nothing of the URL but its host."""
    with receiving(401) as teams:
        services = told(audience(teams, "teams"))
        with pytest.raises(ProblemError, match=r"Teams workflow at 127\.0\.0\.1 answered 401\. See") as refused:
            send_test(services, "teams")
        assert "SECRET" not in str(refused.value)
        assert send_test(services, "teams") == Sent(rule="teams")
        with pytest.raises(ProblemError, match="has no rule nobody that can be used"):
            send_test(services, "nobody")
    assert len(teams.got) == 1
