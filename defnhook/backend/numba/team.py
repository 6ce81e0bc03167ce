"""What threads that share a kernel do without the interpreter: take slices, wait for each other, linger.

The state they share is in the kernel's table, as ``emit.kernel.team_state`` lays it out. Every wait is bounded: who
has waited long goes back to the interpreter, which puts the thread to sleep.
"""

from __future__ import annotations

from typing import Any, Final

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

from defnhook.backend.posting import AWAKE, DONE, JOB, LEADS, MEMBER_BITS, MOST_WAIT, OPEN, PAUSE, WAIT, WORK

MOST_LINGER: Final = 10_000
MOST_PARTING: Final = 2_000
BEFORE_RETURN: Final = 150

TEXT: Final = f"""
{WAIT}
define {{ i64, i64, i64 }} @defnhook_next_slice(ptr %table, i64 %role, i64 %state, i64 %count, i64 %phase)
    noinline nounwind {{
entry:
  %cells = getelementptr i64, ptr %table, i64 %state
  %leads = icmp eq i64 %role, {LEADS}
  %four = mul i64 %count, 4
  %joined = getelementptr i64, ptr %cells, i64 %four
  %begins = icmp slt i64 %phase, 0
  br i1 %begins, label %arrive, label %report
arrive:
  %member = select i1 %leads, i64 0, i64 1
  %before = atomicrmw add ptr %joined, i64 %member acq_rel
  br label %phases
report:
  %offset = shl i64 %phase, 2
  %own = getelementptr i64, ptr %cells, i64 %offset
  %counter = getelementptr i64, ptr %own, i64 1
  %counted = atomicrmw add ptr %counter, i64 1 acq_rel
  br label %phases
phases:
  %number = phi i64 [ 0, %arrive ], [ %phase, %report ], [ %following, %next ]
  %over = icmp eq i64 %number, %count
  br i1 %over, label %end, label %take
take:
  %place = shl i64 %number, 2
  %cell = getelementptr i64, ptr %cells, i64 %place
  %doneplace = getelementptr i64, ptr %cell, i64 1
  %unitplace = getelementptr i64, ptr %cell, i64 2
  %sliceplace = getelementptr i64, ptr %cell, i64 3
  %units = load i64, ptr %unitplace
  %slices = load i64, ptr %sliceplace
  %one = select i1 %leads, i64 1, i64 4294967296
  %taken = atomicrmw add ptr %cell, i64 %one acq_rel
  %front = and i64 %taken, 4294967295
  %back = lshr i64 %taken, 32
  %all = add i64 %front, %back
  %free = icmp ult i64 %all, %slices
  br i1 %free, label %give, label %wait
give:
  %last = sub i64 %slices, 1
  %mirrored = sub i64 %last, %back
  %slice = select i1 %leads, i64 %front, i64 %mirrored
  %after = add i64 %slice, 1
  %lowproduct = mul i64 %units, %slice
  %highproduct = mul i64 %units, %after
  %low = udiv i64 %lowproduct, %slices
  %high = udiv i64 %highproduct, %slices
  %r0 = insertvalue {{ i64, i64, i64 }} undef, i64 %number, 0
  %r1 = insertvalue {{ i64, i64, i64 }} %r0, i64 %low, 1
  %r2 = insertvalue {{ i64, i64, i64 }} %r1, i64 %high, 2
  ret {{ i64, i64, i64 }} %r2
wait:
  %ready = call i1 @wait_until(ptr %doneplace, i64 %slices, i64 {MOST_WAIT})
  br i1 %ready, label %next, label %none
next:
  %following = add i64 %number, 1
  br label %phases
end:
  br i1 %leads, label %part, label %none
part:
  %members = load atomic i64, ptr %joined acquire, align 8
  %leaving = getelementptr i64, ptr %joined, i64 1
  %left = call i1 @wait_until(ptr %leaving, i64 %members, i64 {MOST_PARTING})
  br label %none
none:
  ret {{ i64, i64, i64 }} {{ i64 -1, i64 0, i64 0 }}
}}

define void @defnhook_linger(ptr %cells, i64 %value, ptr %table, i64 %place, ptr %post) noinline nounwind {{
entry:
  %leaving = getelementptr i64, ptr %table, i64 %place
  %left = atomicrmw add ptr %leaving, i64 1 acq_rel
  %awake = getelementptr i64, ptr %post, i64 {AWAKE}
  %others = atomicrmw add ptr %awake, i64 1 acq_rel
  br label %look
look:
  %rest = phi i64 [ {MOST_LINGER}, %entry ], [ %less, %pause ], [ {MOST_LINGER}, %serve ]
  %last = phi i64 [ -1, %entry ], [ %last, %pause ], [ %generation, %serve ]
  %now = load atomic i64, ptr %cells acquire, align 8
  %same = icmp eq i64 %now, %value
  br i1 %same, label %watch, label %settle
watch:
  %turn = load atomic i64, ptr %post acquire, align 8
  %generation = lshr i64 %turn, {MEMBER_BITS}
  %bit = and i64 %turn, {OPEN}
  %open = icmp ne i64 %bit, 0
  %new = icmp ne i64 %generation, %last
  %wanted = and i1 %open, %new
  br i1 %wanted, label %claim, label %stay
claim:
  %more = add i64 %turn, 1
  %pair = cmpxchg ptr %post, i64 %turn, i64 %more acq_rel acquire
  %won = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %won, label %serve, label %stay
serve:
  %workplace = getelementptr i64, ptr %post, i64 {WORK}
  %jobplace = getelementptr i64, ptr %post, i64 {JOB}
  %work = load ptr, ptr %workplace
  %job = load ptr, ptr %jobplace
  call void %work(ptr %job)
  %done = getelementptr i64, ptr %post, i64 {DONE}
  %before = atomicrmw add ptr %done, i64 1 acq_rel
  br label %look
stay:
  %none = icmp eq i64 %rest, 0
  br i1 %none, label %end, label %pause
pause:
  {PAUSE}
  %less = sub i64 %rest, 1
  br label %look
settle:
  %reached = call i1 @wait_until(ptr %cells, i64 -1, i64 {BEFORE_RETURN})
  br label %end
end:
  %fewer = atomicrmw sub ptr %awake, i64 1 acq_rel
  ret void
}}
"""

_LIBRARY: list[Any] = []
_WORD: Final = ir.IntType(64)
_POINTER: Final = _WORD.as_pointer()
_THREE: Final = ir.LiteralStructType([_WORD, _WORD, _WORD])


def _call(context: Any, builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    """A call of one of the functions of the text, which is compiled once a process."""
    if not _LIBRARY:
        module = llvmlite.binding.parse_assembly(TEXT)
        module.verify()
        library = context.codegen().create_library("defnhook_team")
        library.add_llvm_module(module)
        library.finalize()
        _LIBRARY.append(library)
    context.active_code_library.add_linking_library(_LIBRARY[0])
    kinds = [argument.type for argument in arguments]
    return builder.call(
        cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, kinds), name), arguments
    )


def _data(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    return arrayobj.make_array(kind)(context, builder, array).data


@intrinsic
def next_slice(context: Any, table: Any, role: Any, state: Any, count: Any, phase: Any) -> Any:
    """The next slice of a kernel for a member of a team."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first = _data(context, builder, signature.args[0], arguments[0])
        return _call(context, builder, "defnhook_next_slice", _THREE, [first, *arguments[1:]])

    result = types.Tuple((types.int64, types.uint64, types.uint64))
    return result(table, types.int64, types.uint64, types.uint64, types.int64), generate


@intrinsic
def linger(context: Any, cells: Any, value: Any, table: Any, place: Any, post: Any) -> Any:
    """Say in a table that a member has left, and stay awake a little for the next job, or help with those posted."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first, second, third = (
            _data(context, builder, signature.args[place], arguments[place]) for place in (0, 2, 4)
        )
        passed = [first, arguments[1], second, arguments[3], third]
        _call(context, builder, "defnhook_linger", ir.VoidType(), passed)
        return context.get_dummy_value()

    return types.void(cells, types.uint64, table, types.uint64, post), generate
