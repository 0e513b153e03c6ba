"""The index of runs: links, states, an empty project, and strings that must not act."""

from bs4 import BeautifulSoup

from crmlib.reporting.index import RunEntry, index_page
from tests.reporting.made_notebooks import HOSTILE

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:"


def test_runs_by_hand():
    runs = [
        RunEntry("2017-12-31", "31 December 2017", "2018", "PASS", "Sales grew.", 8, "2 days"),
        RunEntry("2017-09-30", "30 September 2017", problem="manifest.json was changed"),
    ]
    page = BeautifulSoup(index_page(runs), "html.parser")
    new, old = page.find_all("article")
    assert [a["href"] for a in new.find_all("a")] == [
        "2017-12-31/report.html",
        "2017-12-31/report.html",
        "2017-12-31/report.pdf",
    ]
    assert new.select_one(".headline").get_text() == "Sales grew."
    assert "8 notebooks · 2 days" in new.get_text()
    assert old.find("a") is None
    assert "manifest.json was changed" in old.get_text()
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy["content"] == POLICY


def test_empty_index_explains_itself():
    text = BeautifulSoup(index_page([]), "html.parser").get_text()
    assert "No report yet." in text
    assert "make report" in text


def test_hostile_strings_are_literal():
    for name in HOSTILE:
        run = RunEntry(name, name, name, name, name, 1, name)
        page = BeautifulSoup(index_page([run]), "html.parser")
        assert page.find(["script", "img", "b"]) is None
        assert page.select_one(".headline").get_text() == name
        assert all(a["href"].split("/")[-1].startswith("report.") for a in page.article.select("a"))
        assert not [a for a in page.find_all("a") if ":" in a["href"].split("/")[0]]


def test_a_simulated_run_is_marked_beside_its_status_and_names_its_data():
    made = RunEntry("a", "b", status="PASS", whose="Acme — data: Shop <i>", is_simulated=True)
    page = BeautifulSoup(index_page([made, RunEntry("c", "d", status="PASS")]), "html.parser")
    badges = [[b.get_text() for b in one.select("h2 .badge")] for one in page.select("article")]
    assert badges == [["PASS", "SIMULATED"], ["PASS"]]
    assert page.article.select_one(".company").get_text() == "Acme — data: Shop <i>"


def test_twice_the_same_text():
    run = RunEntry("a", "b")
    assert index_page([run]) == index_page([run])
