"""Routes that take the same paths: the earlier one gets the files."""

import re
from collections import deque
from collections.abc import Iterator

from landfall.config.import_routes import ImportRoute
from landfall.config.path_template import CAPTURE, PathTemplate

ANYTHING, LETTERS = set("/"), set("/_. -")
"""What a capture does not match: in a segment of its own, and {company} beside other captures."""
SAMPLES = "x_. -\0"
"""Characters that stand for all that a capture may match; the last is in no path."""

Steps = list[tuple[str, set[str], bool]]
"""What matches a path one character after the other: a character (empty: any but these), and whether it may repeat."""


def overlapping(routes: tuple[ImportRoute, ...]) -> Iterator[tuple[int, int, str, bool]]:
    """The pairs of routes that take the same paths: both places, such a path, and whether the later takes no other."""
    for later, route in enumerate(routes):
        for earlier, other in enumerate(routes[:later]):
            found = [overlap(one, path) for one in _paths(other) for path in _paths(route)]
            if example := next((example for example, _ in found if example), None):
                yield earlier, later, example, found[0][1]


def overlap(one: PathTemplate, other: PathTemplate) -> tuple[str, bool]:
    """A path that both match (empty: there is none), and whether the first matches all that the other does."""
    first, second = _steps(one), _steps(other)
    characters = [*SAMPLES, *sorted({each for each, _, _ in first + second if each} - set(SAMPLES))]
    begin = (_closure(first, {0}), _closure(second, {0}))
    waiting, seen = deque([(begin, "")]), {begin}
    example, covers = "", True
    while waiting:
        (ours, theirs), path = waiting.popleft()
        if len(second) in theirs and len(first) in ours:
            example = example or path
        covers = covers and (len(first) in ours or len(second) not in theirs)
        for character in characters:
            after = (_after(first, ours, character), _after(second, theirs, character))
            covers = covers and (bool(after[0]) or not after[1])
            if all(after) and after not in seen:
                seen.add(after)
                waiting.append((after, path + character))
    return example, covers


def _paths(route: ImportRoute) -> list[PathTemplate]:
    folder = route.path.template.rpartition("/")[0]
    return [route.path, *(PathTemplate(f"{folder}/{part.file}") for part in route.parts)]


def _steps(template: PathTemplate) -> Steps:
    """The template's steps. Its extension is in lower case, because either case matches."""
    text = re.sub(r"\.[A-Za-z0-9]{1,5}$", lambda found: found[0].lower(), template.template)
    steps: Steps = []
    for index, piece in enumerate(CAPTURE.split(text)):
        if index % 2:
            never = LETTERS if piece in template.tokens else ANYTHING
            steps += [("", never, False), ("", never, True)]
        else:
            steps += [(character, set(), False) for character in piece]
    return steps


def _closure(steps: Steps, places: set[int]) -> frozenset[int]:
    """The places, and those behind steps that need not match."""
    return frozenset(places | {place + 1 for place in places if place < len(steps) and steps[place][2]})


def _after(steps: Steps, places: frozenset[int], character: str) -> frozenset[int]:
    tried = ((place, *steps[place]) for place in places if place < len(steps))
    taken = (
        (place, repeats)
        for place, one, never, repeats in tried
        if character == one or (not one and character not in never)
    )
    return _closure(steps, {place if repeats else place + 1 for place, repeats in taken})
