"""Options and timings survive the way through JSON, and what is damaged falls back to its default."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slmdesk.engines.base import Options, Timings
from slmdesk.engines.plain import options_from_plain, options_to_plain, timings_from_plain, timings_to_plain

counts = st.none() | st.integers(1, 10**9)
numbers = st.none() | st.floats(0, 1e6)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner),
    max_leaves=3,
)


@given(
    st.builds(
        Options,
        context_tokens=st.integers(1, 10**6),
        max_tokens=counts,
        temperature=numbers,
        top_p=numbers,
        seed=st.none() | st.integers(),
        stop=st.lists(st.text()).map(tuple),
    )
)
def test_options_come_back_as_they_were(options: Options) -> None:
    assert options_from_plain(json.loads(json.dumps(options_to_plain(options)))) == options


@given(st.builds(Timings, counts, counts, counts, numbers, counts, numbers, numbers, numbers, counts))
def test_timings_come_back_as_they_were(timings: Timings) -> None:
    assert timings_from_plain(json.loads(json.dumps(timings_to_plain(timings)))) == timings


@given(
    st.dictionaries(
        st.sampled_from([*Options.__slots__, *Timings.__slots__, "unknown"]), anything, max_size=20
    )
)
def test_damaged_values_never_raise(values: dict[str, Any]) -> None:
    assert options_from_plain(values).context_tokens > 0
    timings_from_plain(values)
