"""Two people in one document: both editors, carets, presence, offline and back."""

from playwright.sync_api import Locator, expect

from .conftest import Arrive
from .person import Person


def same_text(people: list[Person]) -> bool:
    texts = {(person.prose_text(), person.code_text()) for person in people}
    return len(texts) == 1


def write_at_the_same_time(turns: list[tuple[Person, Locator, str]]) -> None:
    """Each types a letter in turn, without waiting for the other's to arrive."""
    for person, editor, _ in turns:
        editor.focus()
        person.page.keyboard.press("Control+End")
    for letters in zip(*(text for _, _, text in turns), strict=True):
        for (person, _, _), letter in zip(turns, letters, strict=True):
            person.page.keyboard.type(letter)


def test_two_people_type_at_the_same_time_in_both_editors(arrive: Arrive, document: str) -> None:
    camille = arrive("Camille", "blue").open(document)
    robin = arrive("Robin", "orange").open(document)
    camille.write(camille.prose, "Ordre du jour: ")
    camille.write(camille.code, "total = ")
    expect(robin.prose).to_contain_text("Ordre du jour: ")
    expect(robin.code).to_contain_text("total = ")

    write_at_the_same_time([(camille, camille.prose, "aaaaaaaaaaaa"), (robin, robin.prose, "bbbbbbbbbbbb")])
    write_at_the_same_time([(camille, camille.code, "1111111111"), (robin, robin.code, "2222222222")])

    camille.wait_until(lambda: same_text([camille, robin]) and camille.code_text().count("2") == 10)
    for text, parts in ((camille.prose_text(), "ab"), (camille.code_text(), "12")):
        assert [text.count(part) for part in parts] == [12, 12] if "Ordre" in text else [10, 10]
    camille.expect_saved()
    robin.expect_saved()


def test_each_sees_the_others_caret_where_it_is(arrive: Arrive, document: str) -> None:
    camille = arrive("Camille", "blue").open(document)
    robin = arrive("Robin", "orange").open(document)
    expect(camille.people).to_have_text(["Camille (you)", "Robin"])
    expect(robin.people).to_have_text(["Robin (you)", "Camille"])

    robin.write(robin.prose, "Bonjour")
    expect(camille.caret_of("Robin", camille.prose)).to_be_visible()
    camille.write(camille.code, "import this")
    expect(robin.caret_of("Camille", robin.code)).to_be_visible()

    robin.write(robin.code, "  # yes")
    expect(camille.caret_of("Robin", camille.code)).to_be_visible()
    expect(camille.caret_of("Robin", camille.prose)).to_have_count(0)

    robin.leave()
    expect(camille.people).to_have_text(["Camille (you)"])
    expect(camille.caret_of("Robin", camille.code)).to_have_count(0)


def test_a_new_name_and_colour_reach_the_others_and_are_kept(arrive: Arrive, document: str) -> None:
    camille = arrive("Camille", "blue").open(document)
    robin = arrive("Robin", "orange").open(document)
    robin.write(robin.code, "x = 1")
    expect(camille.caret_of("Robin", camille.code)).to_be_visible()

    robin.page.get_by_test_id("self").click()
    robin.page.get_by_label("Your name").fill("Robin Martin")
    robin.page.get_by_label("Violet").check()
    robin.page.get_by_role("button", name="Apply").click()

    expect(camille.people).to_have_text(["Camille (you)", "Robin Martin"])
    robin.write(robin.prose, "Bonjour")
    expect(camille.caret_of("Robin Martin", camille.prose)).to_have_css(
        "border-left-color", "rgb(144, 84, 212)"
    )
    robin.reload()
    expect(robin.people).to_have_text(["Robin Martin (you)", "Camille"])


def test_formatting_is_shared(arrive: Arrive, document: str) -> None:
    camille = arrive().open(document)
    robin = arrive("Robin", "orange").open(document)
    camille.write(camille.prose, "Décision")
    tools = camille.page.get_by_role("toolbar", name="Text formatting")
    tools.get_by_role("button", name="Heading 2").click()
    camille.page.keyboard.press("End")
    camille.page.keyboard.press("Enter")
    tools.get_by_role("button", name="Bulleted list").click()
    camille.page.keyboard.press("Control+b")
    expect(tools.get_by_role("button", name="Bold")).to_have_attribute("aria-pressed", "true")
    camille.page.keyboard.type("voter le budget")

    expect(robin.prose.get_by_role("heading", level=2)).to_have_text("Décision")
    expect(robin.prose.locator("ul li strong")).to_have_text("voter le budget")


def test_undo_takes_back_only_what_oneself_did(arrive: Arrive, document: str) -> None:
    camille = arrive().open(document)
    robin = arrive("Robin", "orange").open(document)
    camille.write(camille.prose, "Camille was here.")
    camille.write(camille.code, "a = 1\n")
    expect(robin.code).to_contain_text("a = 1")
    robin.write(robin.prose, " Robin too.")
    robin.write(robin.code, "b = 2\n")
    expect(camille.code).to_contain_text("b = 2")
    expect(camille.prose).to_contain_text("Robin too.")

    for tools in ("Text formatting", "Code editing"):
        undo = camille.page.get_by_role("toolbar", name=tools).get_by_role("button", name="Undo")
        while undo.get_attribute("aria-disabled") == "false":  # Slow typing is several steps.
            undo.click()
    robin.wait_until(lambda: (robin.prose_text(), robin.code_text()) == (" Robin too.", "b = 2\n"))


def test_offline_edits_on_both_sides_are_merged_on_return(arrive: Arrive, document: str) -> None:
    camille = arrive("Camille", "blue").open(document)
    robin = arrive("Robin", "orange").open(document)
    camille.write(camille.prose, "Together.")
    expect(robin.prose).to_contain_text("Together.")

    robin.work_offline(True)
    robin.expect_saved()
    expect(camille.people).to_have_text(["Camille (you)"])
    expect(robin.people).to_have_text(["Robin (you)"])
    robin.write(robin.prose, " Robin, alone.")
    robin.write(robin.code, "robin = 1\n")
    robin.expect_saved("unsaved")
    camille.write(camille.prose, " Camille, too.")
    camille.write(camille.code, "camille = 2\n")
    camille.expect_saved()
    assert "alone" not in camille.prose_text()

    robin.work_offline(False)
    robin.expect_saved()
    expect(camille.prose).to_contain_text("Robin, alone.")
    camille.wait_until(lambda: same_text([camille, robin]))
    assert sorted(camille.code_text().split()) == sorted(["robin", "=", "1", "camille", "=", "2"])
    expect(camille.people).to_have_text(["Camille (you)", "Robin"])


def test_a_lost_network_is_noticed_at_once_and_edits_catch_up(arrive: Arrive, document: str) -> None:
    camille = arrive().open(document)
    camille.context.set_offline(True)
    camille.expect_connection("offline")
    camille.write(camille.prose, "Train, tunnel")
    camille.expect_saved("unsaved")
    camille.context.set_offline(False)
    camille.expect_connection()
    camille.expect_saved()
