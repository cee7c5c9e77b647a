"""What was equal and what differed, in words with a reason."""

from dataclasses import replace

from slmdesk.engines.base import Message, Options, StopReason, Timings
from slmdesk.features.compare.fairness import Fairness, LaneFacts, MachineState, judge
from slmdesk.features.compare.plan import LaneSpec

WARM = Timings(load_s=0.0, prompt_tokens=9, prompt_tokens_cached=0)
QUIET = MachineState(3.0)
FACTS = LaneFacts("a", LaneSpec("e/a", Options(seed=1, temperature=0.0)), (), WARM, StopReason.END)


def judged(*lanes: LaneFacts, is_sequential: bool = True, machine: MachineState = QUIET) -> Fairness:
    return judge(lanes, is_sequential=is_sequential, machine=machine)


def words_of(fairness: Fairness) -> dict[str, str]:
    return {difference.topic: difference.words for difference in fairness.differences}


def test_the_same_model_asked_the_same_in_turn_on_a_quiet_machine_is_fair() -> None:
    fairness = judged(FACTS, replace(FACTS, name="b"))
    assert fairness.is_fair
    assert fairness.differences == ()
    assert fairness.unknown == ()
    assert "Same engine, context, template, system prompt, history, seed" in fairness.words


def test_two_models_differ_in_their_template_and_that_is_still_fair() -> None:
    fairness = judged(FACTS, replace(FACTS, name="b", spec=replace(FACTS.spec, model_ref="e/b")))
    assert words_of(fairness) == {"template": "a: that of a; b: that of b"}
    assert fairness.is_fair


def test_every_condition_that_differs_is_named_with_its_reason() -> None:
    spec = LaneSpec("f/b", Options(8192, 64, 0.7, 0.9, None, ("END",)), "Be brief. " * 20, is_thinking=True)
    history = (Message("user", "q"), Message("assistant", "a"))
    timings = Timings(load_s=2.5, prompt_tokens=9, prompt_tokens_cached=7)
    fairness = judged(
        FACTS,
        LaneFacts("b", spec, history, timings, StopReason.LENGTH),
        is_sequential=False,
        machine=MachineState(61.0),
    )
    found = words_of(fairness)
    assert set(found) == {
        "engine", "context", "template", "system prompt", "history", "seed", "temperature", "top-p",
        "thinking", "token limit", "stop words", "cold or warm", "prompt from the cache", "cut by length",
        "shared machine", "other load",
    }  # fmt: skip
    assert found["context"] == "a: 4,096; b: 8,192"
    assert found["cold or warm"] == "a: warm; b: cold"
    assert found["seed"] == "a: 1; b: none"
    assert found["history"] == "a: none; b: 1 answer of its own"
    assert found["other load"] == "61 % of the processor"
    assert "(199 characters)" in found["system prompt"]
    assert not fairness.is_fair
    assert all(difference.explanation.endswith(".") for difference in fairness.differences)


def test_long_instructions_that_end_differently_are_different() -> None:
    long = "You are a careful assistant who answers in whole sentences"
    first = replace(FACTS, spec=replace(FACTS.spec, system_prompt=long + "."))
    second = replace(FACTS, name="b", spec=replace(FACTS.spec, system_prompt=long + "!"))
    assert "system prompt" in words_of(judged(first, second))


def test_what_nobody_measured_is_said_to_be_unknown() -> None:
    blank = replace(FACTS, timings=Timings())
    fairness = judged(FACTS, replace(blank, name="b"), machine=MachineState())
    assert fairness.unknown == ("cold or warm", "prompt from the cache", "load of other programs")
    assert "Not known: cold or warm" in fairness.words
    assert MachineState.from_plain({"other_cpu_percent": "?"}) == MachineState()


def test_a_setting_that_a_model_did_not_take_is_no_condition_of_its_own() -> None:
    other = replace(FACTS, name="b", left_out=("temperature",))
    found = words_of(judged(FACTS, other))
    assert found == {"temperature": "a: 0; b: not taken by the model"}
