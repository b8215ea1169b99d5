"""What people ask of a lane within a second ends as they asked."""

import pytest

from tests.e2e.site import Site, customer_groups


def lane_of(site: Site, name: str) -> dict[str, object]:
    """The lane as the API shows it; empty when there is nothing in it."""
    return next((each for each in site.call("GET", "lanes").json()["lanes"] if each["lane"] == name), {})


@pytest.mark.parametrize(
    ("wishes", "held"),
    [
        (("hold", "release"), False),
        (("hold", "hold", "release"), False),
        (("hold", "release", "hold"), True),
        (("hold", "release") * 5, False),
    ],
)
def test_hold_and_release_right_after_each_other(site: Site, wishes: tuple[str, ...], *, held: bool) -> None:
    """No release is refused because the hold is still on its way, and the last wish counts."""
    lane = f"wishes{len(wishes)}{held}".lower()
    for wish in wishes:
        answer = site.call("POST", f"lanes/{lane}/{wish}")
        assert answer.status_code == 202, answer.text
    file = f"packages/USMF/{lane}.zip"
    site.drop(file, customer_groups(lane, (lane[:10], "Wishes")))
    if held:
        site.wait(lambda: lane_of(site, lane).get("waiting"), "the run that waits")
        assert lane_of(site, lane)["held"]
        assert site.call("POST", f"lanes/{lane}/release").status_code == 202
    assert site.run_of(file)["outcome"] == "Succeeded"
    assert not lane_of(site, lane)


@pytest.mark.parametrize("spelling", ["slash%2Flane", "slash%252Flane"])
def test_a_lane_with_a_slash_is_steered(site: Site, spelling: str) -> None:
    """Escaped once; or twice, as Azure needs it, whose front end decodes a slash before it looks for a route."""
    for wish, held in (("hold", True), ("release", False)):
        assert site.call("POST", f"lanes/{spelling}/{wish}").status_code == 202
        site.wait(lambda held=held: bool(lane_of(site, "slash/lane").get("held")) is held, f"the {wish}")


def test_two_skips_right_after_each_other_skip_two_runs(site: Site) -> None:
    """The first two waiting runs end Canceled, and the third goes on when the lane is released."""
    site.call("POST", "lanes/skips/hold")
    files = [f"packages/USMF/skips-{number}.zip" for number in range(3)]
    for file in files:
        site.drop(file, customer_groups("skips", ("SKIPS", file[-5])))
    site.wait(lambda: len(lane_of(site, "skips").get("waiting") or ()) == 3, "three waiting runs")  # type: ignore[arg-type]
    assert [site.call("POST", "lanes/skips/skip").status_code for _ in range(2)] == [202, 202]
    assert [site.run_of(file)["outcome"] for file in files[:2]] == ["Canceled", "Canceled"]
    assert site.call("POST", "lanes/skips/release").status_code == 202
    assert site.run_of(files[2])["outcome"] == "Succeeded"
