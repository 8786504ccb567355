"""Two ways to use the desk: by keyboard alone, and by mouse. Each counts what it does besides typing."""

from typing import Protocol

from playwright.sync_api import Locator, Page

FOCUSED = "element => document.activeElement === element"
FARTHEST = 500


class Hands(Protocol):
    """What a person does on a page; `actions` are presses, choices and clicks, typing aside."""

    page: Page
    actions: int

    def act(self, target: Locator) -> None:
        """Press a button, follow a link, tick a box."""

    def write(self, target: Locator, words: str) -> None:
        """Type into a box, or into an editor."""

    def choose(self, target: Locator, words: str) -> None:
        """Choose an entry of a list."""

    def save(self) -> None:
        """Save and stay."""


class Keyboard:
    """Reaches everything by Tab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def reach(self, target: Locator) -> None:
        """Press Tab until it has the focus; fails where no Tab leads."""
        for _ in range(FARTHEST):
            if target.evaluate(FOCUSED):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"No Tab leads to {target}.")

    def act(self, target: Locator) -> None:
        self.reach(target)
        self.actions += 1
        self.page.keyboard.press("Enter")

    def write(self, target: Locator, words: str) -> None:
        self.reach(target)
        self.page.keyboard.type(words)

    def choose(self, target: Locator, words: str) -> None:
        self.reach(target)
        self.actions += 1
        self.page.keyboard.type(words)

    def save(self) -> None:
        self.actions += 1
        with self.page.expect_navigation():
            self.page.keyboard.press("Control+s")


class Mouse:
    """Clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def act(self, target: Locator) -> None:
        self.actions += 1
        target.click()

    def write(self, target: Locator, words: str) -> None:
        self.actions += 1
        target.click(position={"x": 14, "y": 14})  # A picker's first part, of day or hour.
        self.page.keyboard.type(words)

    def choose(self, target: Locator, words: str) -> None:
        self.actions += 1
        target.select_option(label=words)

    def save(self) -> None:
        self.actions += 1
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Save and continue editing").click()
