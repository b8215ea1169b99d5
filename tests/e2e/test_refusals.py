"""What must not be sent is not sent, and kept."""

import json

from tests.corpus.packages import cases
from tests.e2e.site import Site

DROPPED = (
    "cut-short",
    "in-a-folder",
    "header-only",
    "lf-only",
    "encrypted",
    "bomb-by-ratio",
    "doctype-in-manifest",
)


def test_refused_packages_are_kept_and_never_sent(site: Site) -> None:
    """Each lies in archive/Rejected as it was dropped, its receipt says why, and F&O has not heard of it."""
    chosen = [case for case in cases() if case.name in DROPPED]
    assert len(chosen) == len(DROPPED)
    for case in chosen:
        site.drop(f"packages/USMF/corpus-{case.name}.zip", case.content)

    for case in chosen:
        run = site.run_of(f"packages/USMF/corpus-{case.name}.zip")

        assert run["outcome"] == "Rejected"
        assert case.says in run["reason"]
        assert run["files"]["archive"].startswith("archive/Rejected/")
        assert site.read(run["files"]["archive"]) == case.content
        assert run | json.loads(site.read(run["files"]["receipt"])) == run
        assert run["execution_id"] is None
        assert site.operations("PutBlob", run["run_id"]) == []
        assert site.operations("ImportFromPackage", run["run_id"]) == []
    assert [each for each in site.fno("executions")["executions"] if each["project"] == "Corpus"] == []
    assert not [name for name in site.names("landing") if "corpus-" in name]
