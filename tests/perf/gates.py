"""Measurements beside their limits: printed always, red beyond the gate."""


def assert_within(name: str, value: float, goal: float, gate: float | None = None, more: str = "") -> None:
    """The gate is looser than the goal where other work on the machine moves the figure."""
    gate = goal if gate is None else gate
    print(f"\n{name}: {value:.3g} (goal ≤ {goal:g}, gate ≤ {gate:g}) {more}", end="")
    assert value <= gate, f"{name}: {value:.3g} > {gate}"
