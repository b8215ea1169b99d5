"""errors.csv: made of what F&O gave and of the package, as far as either is there."""

import csv
import io
import json
import zipfile
from dataclasses import replace

import pytest

from activities.error_files import _labels
from activities.explaining import MESSAGES, write_explanation
from activities.run_files import read_report, report_path, write_report
from landfall.fno.error_files import KEYS, STAGING, error_file_name
from landfall.records import EntityCounts, Run
from landfall.services import Services
from landfall.storage.account import LANDING
from tests.integration.conftest import Drop
from tests.unit.made_packages import MadeEntity, package

DATA = b"GROUPID,NAME\r\n10,Wholesale\r\n20,\r\n30,Intern\r\n"
LABELS = ["Customer groups", "Customer-groups", "Country/regions", "客户组", "供应商", "Größen & Maße"]


def messages_of(*messages: tuple[str, str, str]) -> bytes:
    """The messages of an execution, as F&O writes them."""
    names = ("RecordId", "Field", "ErrorMessage")
    return json.dumps([dict(zip(names, each, strict=True)) for each in messages]).encode()


def lines(services: Services, run: Run) -> list[tuple[str, int | None, str, str]]:
    """What errors.csv says, once it is written."""
    write_explanation(services, run)
    written = (read_report(services, run, "errors.csv") or b"").decode("utf-8-sig")
    found = csv.DictReader(io.StringIO(written, newline=""))
    return [(each["entity"], int(each["line"] or 0) or None, each["message"], each["stage"]) for each in found]


def repaired(services: Services, run: Run) -> dict[str, bytes]:
    """The files of repair.zip, once it is written; none when there is no such file."""
    write_explanation(services, run)
    content = read_report(services, run, "repair.zip")
    if content is None:
        return {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_rows_of_both_stages_are_named(services: Services, drop: Drop) -> None:
    """A row that did not reach staging, and one that did not reach the target, each with its message and line."""
    run = drop(package(data=DATA))
    write_report(
        services,
        run,
        "m",
        MESSAGES,
        messages_of(("1", "NAME", "Field 'NAME' must be filled in"), ("2", "", "no '30' here")),
    )
    write_report(services, run, "s", error_file_name(STAGING, "Customer groups"), b"GROUPID,NAME\r\n20,\r\n")
    write_report(services, run, "k", error_file_name(KEYS, "Customer groups"), b"CUSTOMERGROUPID\r\n30\r\n")
    assert lines(services, run) == [
        ("Customer groups", 3, "Field 'NAME' must be filled in", "staging"),
        ("Customer groups", 4, "no '30' here", "target"),
    ]
    assert repaired(services, run)["Customer groups.csv"] == b"GROUPID,NAME\r\n20,\r\n30,Intern\r\n"
    files = services.ledger.get(run.run_id).files
    assert files["errors"] == f"reports/{run.run_id}/errors.csv"
    assert files["repair"] == f"reports/{run.run_id}/repair.zip"


def test_the_reason_says_how_much_is_known(services: Services, drop: Drop) -> None:
    """Rows that F&O names, rows of those that the file does not hold, and rows that are missing without a word."""
    run = drop(package(data=DATA))
    write_report(services, run, "k", error_file_name(KEYS, "Customer groups"), b"CUSTOMERGROUPID\r\n30\r\n40\r\n")
    counted = replace(run, entities=(EntityCounts("Customer groups", 9, 4, 0, 5),))
    assert write_explanation(services, counted) == (
        "F&O refused 2 rows (listed in errors.csv). The file holds 1 of them. "
        "F&O gave no message for 2 rows. 3 more rows are missing; F&O does not say which."
    )


@pytest.mark.parametrize(
    ("failed", "messages", "said"),
    [
        (2, [("0", "", "same")], " 2 rows have the only message that was left over."),
        (
            2,
            [("0", "", "one"), ("0", "", "other")],
            " 2 rows and 2 messages stand apart, as it is uncertain which belong",
        ),
        (2, [], " F&O gave no message for 2 rows."),
        (2, [("0", "GROUPID", "'10' is bad"), ("0", "", "other")], " 1 row has the only message that was left over."),
        (
            3,
            [("0", "", "same")],
            " 2 rows and 1 message stand apart, as it is uncertain which belong together. 1 more row",
        ),
        (
            2,
            [("1", "GROUPID", "'10' is bad"), ("2", "GROUPID", "'30'"), ("3", "", "x")],
            " 1 message belongs to no row",
        ),
    ],
)
def test_the_reason_says_how_rows_and_messages_go_together(
    services: Services, drop: Drop, failed: int, messages: list[tuple[str, str, str]], said: str
) -> None:
    """Where messages were joined by what is left over, or could not be joined, the reason says so."""
    run = drop(package(data=DATA))
    write_report(services, run, "m", MESSAGES, messages_of(*messages))
    write_report(services, run, "s", error_file_name(STAGING, "CUSTOMER GROUPS"), b"GROUPID,NAME\r\n10,Wholesale\r\n")
    write_report(services, run, "k", error_file_name(KEYS, "CUSTOMER GROUPS"), b"CUSTOMERGROUPID\r\n30\r\n")
    counted = replace(run, entities=(EntityCounts("CUSTOMER GROUPS", 3, 1, 0, failed),))
    assert write_explanation(services, counted).startswith(f"F&O refused 2 rows (listed in errors.csv).{said}")


def test_rows_without_a_key_are_given_back(services: Services, drop: Drop) -> None:
    """Rows whose key is empty have their line, values and message, and are in repair.zip."""
    run = drop(package(data=b"GROUPID,NAME\r\n10,Wholesale\r\n,first\r\n,second\r\n"))
    must = ("7", "CUSTOMERGROUPID", "Field 'Group' must be filled in")
    write_report(services, run, "m", MESSAGES, messages_of(("0", "", "occurs more than once"), must))
    write_report(services, run, "s", error_file_name(STAGING, "Customer groups"), b"GROUPID,NAME\r\n,second\r\n")
    write_report(services, run, "k", error_file_name(KEYS, "Customer groups"), b"CUSTOMERGROUPID\r\n\r\n")
    assert lines(services, run) == [
        ("Customer groups", 3, must[2], "target"),
        ("Customer groups", 4, "occurs more than once", "staging"),
    ]
    assert repaired(services, run)["Customer groups.csv"] == b"GROUPID,NAME\r\n,first\r\n,second\r\n"


def test_of_composite_entities_fno_does_not_say_which(services: Services, drop: Drop) -> None:
    """There are neither messages nor files: the reason says what is missing, and warns of numbered documents."""
    orders = b'<Document><H ID="1"><L N="1"/></H></Document>'
    run = drop(package(MadeEntity("Orders", "o.xml", "XML-Attribute", {}), data=orders))
    write_report(
        services, run, "m", MESSAGES, messages_of(("", "", "Object reference not set to an instance of an object."))
    )
    counted = replace(run, entities=(EntityCounts("Orders", 2, 0, 0, 2),))
    reason = write_explanation(services, counted)
    assert reason.startswith("2 records of Orders are missing, and F&O does not say which")


def test_a_file_that_cannot_be_read_to_its_end_has_no_repair(services: Services, drop: Drop) -> None:
    """What was found before the fault is named; half a repair package would be a trap."""
    broken = b'<Document><G GROUPID="10"/><G GROUPID="30"/></Docu'
    entity = MadeEntity("Customer groups", "g.xml", "XML-Attribute")
    run = drop(package(entity, data=broken))
    write_report(services, run, "k", error_file_name(KEYS, "Customer groups"), b"CUSTOMERGROUPID\r\n30\r\n")
    assert repaired(services, run) == {}
    assert [line[0] for line in lines(services, run)] == ["Customer groups"]


def test_messages_alone_are_told(services: Services, drop: Drop) -> None:
    """Where F&O gave no files, what it said is there."""
    run = drop(package(data=DATA))
    write_report(services, run, "m", MESSAGES, b'[{"RecordId":"1","Field":"","ErrorMessage":"broken "JSON""}]')
    assert lines(services, run) == [("", None, 'broken "JSON"', "")]


def test_nothing_said_is_no_line(services: Services, drop: Drop) -> None:
    """Without messages and files there is nothing to explain."""
    assert lines(services, drop(package(data=DATA))) == []


def test_a_file_that_was_replaced_costs_only_the_lines(services: Services, drop: Drop, name: str) -> None:
    """A newer version landed while F&O worked on ours: the messages are told, nothing fails."""
    run = drop(package(data=DATA))
    write_report(services, run, "m", MESSAGES, messages_of(("1", "NAME", "Field 'NAME' must be filled in")))
    services.account.blob(f"{LANDING}/{name}").upload_blob(b"newer", overwrite=True)
    assert lines(services, run) == [("", None, "Field 'NAME' must be filled in", "")]
    assert _labels(services, run) == []


def test_a_format_that_is_not_read_costs_only_the_lines(services: Services, drop: Drop) -> None:
    """The keys that F&O gave name the rows then."""
    run = drop(package(MadeEntity(source_format="Odd-Format"), data=DATA))
    write_report(services, run, "m", MESSAGES, messages_of(("1", "", "refused")))
    write_report(services, run, "k", error_file_name(KEYS, "Customer groups"), b"CUSTOMERGROUPID\r\n30\r\n")
    assert lines(services, run) == [("Customer groups", None, "refused", "target")]


def test_entities_of_any_language_have_files_of_their_own(services: Services, drop: Drop) -> None:
    """Labels are in the language of F&O's user: no two of a package share a file, and all are blob names."""
    entities = [MadeEntity(label, f"{n}.csv") for n, label in enumerate(LABELS)]
    run = drop(package(*entities, data=DATA))
    for label in _labels(services, run):
        write_report(services, run, f"k {label}", error_file_name(KEYS, label), b"CUSTOMERGROUPID\r\n30\r\n")
    assert [(entity, line) for entity, line, _, _ in lines(services, run)] == [(label, 4) for label in LABELS]


@pytest.mark.parametrize("label", LABELS)
def test_a_files_name_has_no_folders(services: Services, drop: Drop, label: str) -> None:
    """A slash in a label makes no folder among the reports."""
    assert services.plan
    assert report_path(drop(), error_file_name(KEYS, label)).count("/") == 2
