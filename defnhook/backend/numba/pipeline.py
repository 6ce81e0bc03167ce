"""Numba's compiler with one thing more: loops over ``interleaved`` ranges do several steps side by side.

A long chain of operations on one vector leaves a processor waiting for each result. LLVM lets the chains of several
vectors run side by side in short loops of its own accord; in long ones it has to be told, at the jump that closes the
loop.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

from llvmlite import ir as llvm
from numba.core import ir
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.lowering import Lower
from numba.core.typed_passes import BaseNativeLowering, NativeLowering

VECTORS: Final = 4
RANGE: Final = "interleaved"


class InterleavingLower(Lower):  # type: ignore[misc]
    """Tells LLVM how many vectors loops over such ranges are to work on at a time."""

    def lower_block(self, block: Any) -> None:
        """Lower a block, and mark the jump at its end where that closes such a loop."""
        super().lower_block(block)
        jump = block.terminator
        if (
            isinstance(jump, ir.Jump)
            and jump.target in self._heads
            and self._numbers[id(block)] >= jump.target
        ):
            self.builder.block.terminator.set_metadata("llvm.loop", self._mark())

    @cached_property
    def _numbers(self) -> dict[int, int]:
        """The number of each block, which is larger the further down it stands."""
        return {id(block): number for number, block in self.blocks.items()}

    @cached_property
    def _heads(self) -> set[int]:
        """The blocks in which such loops begin a step: those after the blocks that make their ranges."""
        return {
            block.terminator.target
            for block in self.blocks.values()
            if isinstance(block.terminator, ir.Jump) and any(map(_is_range, block.body))
        }

    def _mark(self) -> Any:
        """What LLVM calls the identity of a loop, a list of wishes that begins with itself."""
        vectors = [
            llvm.MetaDataString(self.module, "llvm.loop.interleave.count"),
            llvm.Constant(llvm.IntType(32), VECTORS),
        ]
        wish = self.module.add_metadata(vectors)
        mark = llvm.values.MDValue(self.module, [wish], name=str(len(self.module.metadata)))
        mark.operands = (mark, wish)
        return mark


def _is_range(statement: Any) -> bool:
    value = statement.value if isinstance(statement, ir.Assign) else None
    return isinstance(value, ir.Global) and value.name == RANGE


@register_pass(mutates_CFG=True, analysis_only=False)
class InterleavingLowering(BaseNativeLowering):  # type: ignore[misc]
    """Numba's pass that makes LLVM, with this lowering."""

    _name = "defnhook_lowering"

    @property
    def lowering_class(self) -> Any:
        """The lowering to use."""
        return InterleavingLower


class Pipeline(CompilerBase):  # type: ignore[misc]
    """Numba's own passes but for that one."""

    def define_pipelines(self) -> list[Any]:
        """The only list of passes there is."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.passes = [
            (InterleavingLowering if step is NativeLowering else step, text) for step, text in passes.passes
        ]
        passes.finalize()
        return [passes]
