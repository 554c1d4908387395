"""Cards of the data sets that ship: what the documentation tables."""

from __future__ import annotations

from pathlib import Path

from emotopy import Registry

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "data.md").read_text("utf-8")
OFFERS = Registry.load(plugins=False).offers("dataset")


def row(card):
    """The row of the documentation's table."""
    confidential = "**yes**" if card.confidential else "no"
    cells = (f"`{card.name}`", card.title, card.rows, card.language, confidential, card.licence, f"a {card.source}")
    return f"| {' | '.join(cells)} |"


def test_the_documentation_tables_every_card():
    """The table of docs/data.md has the cards' words, one row each, in the order of their names."""
    told = PAGE.split("<!-- from the cards")[1].split("\n\n")[0].splitlines()[3:]
    assert told == [row(offer.card) for offer in OFFERS]


def test_every_data_set_has_a_section():
    """Each is described with its command."""
    assert [offer.name for offer in OFFERS if f"emotopy data {offer.name} --from" not in PAGE] == []


def test_confidential_are_those_had_by_agreement():
    """The two of USC, and no other."""
    assert {offer.name for offer in OFFERS if offer.card.confidential} == {"daic-woz", "e-daic"}
