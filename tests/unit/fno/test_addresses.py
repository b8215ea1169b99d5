"""The environment's address, and the audience of its tokens."""

import pytest

from landfall.fno.addresses import audience, base_url, is_on_premises


@pytest.mark.parametrize(
    ("text", "base", "whom", "premises"),
    [
        (
            "https://Contoso.Operations.dynamics.com/",
            "https://contoso.operations.dynamics.com",
            "https://contoso.operations.dynamics.com",
            False,
        ),
        (
            " https://AX.contoso.com/namespaces/AXSF/ ",
            "https://ax.contoso.com/namespaces/AXSF",
            "https://ax.contoso.com",
            True,
        ),
        ("https://ax.contoso.com:4443", "https://ax.contoso.com:4443", "https://ax.contoso.com:4443", False),
    ],
)
def test_addresses(text: str, base: str, whom: str, *, premises: bool) -> None:
    """Hosts become lower case and lose a final slash; paths stay, but not in the audience (fno-behaviour 8.1, 8.5)."""
    assert (base_url(text), audience(text), is_on_premises(base_url(text))) == (base, whom, premises)
