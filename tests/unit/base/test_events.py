"""Events reach everyone who is subscribed, in order, and survive a subscriber that leaves."""

from slmdesk.base.events import Event


def test_subscribers_are_called_in_order_until_they_leave() -> None:
    event: Event[int] = Event()
    seen: list[tuple[str, int]] = []
    leave = event.subscribe(lambda value: seen.append(("first", value)))
    event.subscribe(lambda value: seen.append(("second", value)))

    event.emit(1)
    leave()
    leave()  # leaving twice is no error
    event.emit(2)

    assert seen == [("first", 1), ("second", 1), ("second", 2)]


def test_a_subscriber_may_leave_while_it_is_called() -> None:
    event: Event[str] = Event()
    seen: list[str] = []

    def once(value: str) -> None:
        seen.append(value)
        leave()

    leave = event.subscribe(once)
    event.subscribe(seen.append)
    event.emit("a")
    event.emit("b")

    assert seen == ["a", "a", "b"]
