"""Calls that threads share: a job is posted, and who lingers joins it."""

from __future__ import annotations

from collections.abc import Sequence

from defnhook.backend.calls.addresses import nap_function, python_function
from defnhook.backend.calls.forms import Copied, Form
from defnhook.backend.calls.writer import Text, go_on_if
from defnhook.backend.posting import (
    AWAKE,
    BUSY,
    DONE,
    FORBIDDEN,
    HELPS,
    JOB,
    LEADS,
    MEMBER_BITS,
    MOST_WAIT,
    OPEN,
    TURN,
    WITHOUT,
    WORK,
)

PATIENCE = 256


def _post(text: Text, place: int) -> str:
    return text.cell(text.word("post", kind="ptr"), place)


def expect_team(text: Text) -> None:
    """Go on where somebody lingers to help and no other call has posted."""
    forbidden, busy, awake = (
        text.value(f"load i64, ptr {_post(text, place)}") for place in (FORBIDDEN, BUSY, AWAKE)
    )
    text.expect(text.value(f"or i64 {forbidden}, {busy}"), "0")
    with text.unless(text.value(f"icmp ne i64 {awake}, 0")):
        text.act("br label %miss")
    without = _post(text, WITHOUT)
    calls = text.value(f"load i64, ptr {without}")
    with text.unless(text.value(f"icmp eq i64 {calls}, 0")):
        text.act(f"store i64 {text.value(f'sub i64 {calls}, 1')}, ptr {without}")
        text.act("br label %miss")


def run_with_team(text: Text, name: str, job: str, made: Sequence[str]) -> None:
    """Post the job, work until all of it is done, and wait for those who have joined.

    Who has to wait long sleeps, and has the next calls go the long way, where it is measured which way is the faster.
    """
    busy = _post(text, BUSY)
    go_on_if(text, text.value(f"icmp eq i64 {text.value(f'load i64, ptr {busy}')}, 0"), made)
    text.act(f"store i64 1, ptr {busy}")
    slow = text.value("alloca i64")
    text.act(f"store i64 0, ptr {slow}")
    for place, value in ((WORK, f"ptr @{name}_help"), (JOB, f"ptr {job}"), (DONE, "i64 0")):
        text.act(f"store {value}, ptr {_post(text, place)}")
    turn = _post(text, TURN)
    generation = text.value(f"lshr i64 {text.value(f'load i64, ptr {turn}')}, {MEMBER_BITS}")
    following = text.value(f"shl i64 {text.value(f'add i64 {generation}, 1')}, {MEMBER_BITS}")
    text.act(f"store atomic i64 {text.value(f'or i64 {following}, {OPEN}')}, ptr {turn} release, align 8")
    state = text.call("ptr", python_function("PyEval_SaveThread"))
    fine = _lead(text, name, job, slow)
    before = text.value(f"atomicrmw and ptr {turn}, i64 {~OPEN} acq_rel")
    _wait_for(text, text.value(f"and i64 {before}, {OPEN - 1}"), slow)
    text.call("void", python_function("PyEval_RestoreThread"), f"ptr {state}")
    text.act(f"store i64 0, ptr {busy}")
    without = text.value(f"mul i64 {text.value(f'load i64, ptr {slow}')}, {PATIENCE}")
    text.act(f"store i64 {without}, ptr {_post(text, WITHOUT)}")
    go_on_if(text, fine, made)


def _lead(text: Text, name: str, job: str, slow: str) -> str:
    """Work until all slices are done, or one of them has failed."""
    lead, look, close = (text.name(stem) for stem in ("lead", "look", "close"))
    text.act(f"br label {lead}")
    text.label(lead)
    fine = text.value(f"call i1 @{name}_work(ptr {job}, i64 {LEADS})")
    error = text.value(f"load atomic i64, ptr {_error(text, job)} acquire, align 8")
    right = text.value(f"and i1 {fine}, {text.value(f'icmp eq i64 {error}, 0')}")
    text.act(f"br i1 {right}, label {look}, label {close}")
    text.label(look)
    done, slices = (
        text.value(f"load atomic i64, ptr {_of_table(text, job, -back)} acquire, align 8") for back in (5, 3)
    )
    with text.unless(text.value(f"icmp eq i64 {done}, {slices}")):
        _sleep(text, slow)
        text.act(f"br label {lead}")
    text.act(f"br label {close}")
    text.label(close)
    return right


def _wait_for(text: Text, members: str, slow: str) -> None:
    """Wait until so many who have joined are done."""
    drain = text.name("drain")
    text.act(f"br label {drain}")
    text.label(drain)
    waited = f"ptr {_post(text, DONE)}, i64 {members}, i64 {MOST_WAIT}"
    with text.unless(text.value(f"call i1 @wait_until({waited})")):
        _sleep(text, slow)
        text.act(f"br label {drain}")


def _sleep(text: Text, slow: str) -> None:
    function, argument = nap_function()
    text.call("i32", function, f"i32 {argument}")
    text.act(f"store i64 1, ptr {slow}")


def _error(text: Text, job: str) -> str:
    return text.cell(job, len(text.form.operands) + 1)


def _of_table(text: Text, job: str, place: int) -> str:
    """A place of the job's table, counted from its end."""
    (number,) = (n for n, operand in enumerate(text.form.operands) if isinstance(operand, Copied))
    end = text.value(f"add i64 {text.word('size', number)}, {place}")
    return text.cell(text.load(job, 8 * (number + 1), "ptr"), end)


def help_text(form: Form, name: str) -> str:
    """What somebody does who has joined a job: slices, and to say that there was an error, and that it leaves."""
    text = Text(form)
    text.act("%words = load ptr, ptr %job")
    fine = text.value(f"call i1 @{name}_work(ptr %job, i64 {HELPS})")
    failed = text.value(f"select i1 {fine}, i64 0, i64 1")
    text.value(f"atomicrmw or ptr {_error(text, '%job')}, i64 {failed} acq_rel")
    text.value(f"atomicrmw add ptr {_of_table(text, '%job', -1)}, i64 1 acq_rel")
    text.act("ret void")
    return "\n".join([f"define internal void @{name}_help(ptr %job) {{", "entry:", *text.lines, "}"])
