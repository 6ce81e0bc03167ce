"""How calls and threads that linger find each other: the words they share, by place.

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

_PAUSES: Final = {
    "x86_64": "call void @llvm.x86.sse2.pause()",
    "amd64": "call void @llvm.x86.sse2.pause()",
    "aarch64": "call void @llvm.aarch64.hint(i32 1)",
    "arm64": "call void @llvm.aarch64.hint(i32 1)",
}
PAUSE: Final = _PAUSES.get(platform.machine().lower(), "fence seq_cst")
"""What LLVM calls the instruction for a moment of waiting."""
DECLARATION: Final = (
    PAUSE.replace("call", "declare").replace("i32 1", "i32 immarg") if "call" in PAUSE else ""
)
