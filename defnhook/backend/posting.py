"""What threads that share a kernel agree on: roles, waiting, and the words in which calls post jobs for who lingers.

``TURN`` counts jobs above ``MEMBER_BITS`` bits; below them it tells whether the job is ``OPEN`` and how many have
joined it. ``WORK`` and ``JOB`` are the addresses of a function and of what it takes; ``DONE`` is how many who have
joined are done. ``AWAKE`` threads linger. ``BUSY`` is set while a call has posted. As many calls as ``WITHOUT`` says go
the long way, and all while ``FORBIDDEN`` is set.
"""

from __future__ import annotations

import platform
from typing import Final

import numpy as np

TURN, WORK, JOB, DONE, AWAKE, BUSY, WITHOUT, FORBIDDEN, PLACES = range(9)
MEMBER_BITS: Final = 16
OPEN: Final = 1 << (MEMBER_BITS - 1)

POST: Final = np.zeros(PLACES, np.uint64)

ALONE, LEADS, HELPS = -1, -2, -3
MOST_WAIT: Final = 20_000
NAP: Final = 5e-5

_PAUSES: Final = {
    "x86_64": "call void @llvm.x86.sse2.pause()",
    "amd64": "call void @llvm.x86.sse2.pause()",
    "aarch64": "call void @llvm.aarch64.hint(i32 1)",
    "arm64": "call void @llvm.aarch64.hint(i32 1)",
}
PAUSE: Final = _PAUSES.get(platform.machine().lower(), "fence seq_cst")
"""What LLVM calls the instruction for a moment of waiting."""
_DECLARATION: Final = (
    PAUSE.replace("call", "declare").replace("i32 1", "i32 immarg") if "call" in PAUSE else ""
)

WAIT: Final = f"""
{_DECLARATION}

define internal i1 @wait_until(ptr %cell, i64 %value, i64 %most) nounwind {{
entry:
  br label %look
look:
  %left = phi i64 [ %most, %entry ], [ %less, %pause ]
  %now = load atomic i64, ptr %cell acquire, align 8
  %there = icmp eq i64 %now, %value
  br i1 %there, label %yes, label %more
more:
  %none = icmp eq i64 %left, 0
  br i1 %none, label %no, label %pause
pause:
  {PAUSE}
  %less = sub i64 %left, 1
  br label %look
yes:
  ret i1 true
no:
  ret i1 false
}}
"""
"""A function in LLVM that waits until a cell holds a value, or has looked so many times."""
