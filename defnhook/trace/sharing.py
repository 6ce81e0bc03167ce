"""Arrays with several names in and after a loop: which a variable may hold, and when that matters."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from defnhook.trace.carried import Carried
from defnhook.trace.context import is_twin
from defnhook.trace.merging import mapped
from defnhook.trace.regions import Region
from defnhook.trace.storage import Storage
from defnhook.trace.tensor import Tensor


def origins_after(all_carried: list[Carried], zero: bool) -> dict[int, set[Storage]]:
    """The arrays that each variable may hold after the loop; ``zero`` tells whether it may take no step at all."""
    by_storage = {c.storage: c for c in all_carried if c.storage is not None}
    after = {id(c): set(c.origins) if zero else set() for c in all_carried}
    for _ in range(len(all_carried) + 1):
        for c in by_storage.values():
            for storage in (
                c.left.storage.origins if c.left is not None and c.left.storage is not None else ()
            ):
                other = by_storage.get(storage)
                after[id(c)] |= {storage} if other is None else after[id(other)] | other.origins
    return after


def named_elsewhere(storage: Storage, before: dict[str, Any], name: str) -> bool:
    """Whether a variable other than one of a loop holds an array; ``before`` has what those of the loop hold."""
    values = [value for other, value in before.items() if other != name]
    values += [value for each in _scopes() for other, value in each.items() if other not in before]
    found: list[Tensor] = []
    for value in values:
        mapped(value, found.append)
    return any(item.storage is not None and storage in item.storage.origins for item in found)


def _scopes() -> Iterator[dict[str, Any]]:
    """The variables of all marked functions that are being traced."""
    frame = sys._getframe(1)
    while frame is not None:
        if is_twin(frame.f_code):
            yield frame.f_locals
        frame = frame.f_back  # type: ignore[assignment]


def shared_while_written(region: Region, carried: list[Carried], touched: dict[int, bool]) -> str:
    """Why a step cannot be traced: an array is written under a name, and read or written under another one."""
    written = set(region.written)
    for c in carried:
        used = c.storage in written or touched.get(id(c))
        others = (other for other in carried if other is not c and other.storage in written)
        if used and (c.origins & written or any(c.origins & other.origins for other in others)):
            return f"'{c.key[0]}' may be an array that is written under another name"
    if any((storage.origins - {storage}) & written for storage in region.parameters):
        return "an array is written that another variable may hold"
    return ""


def watch_results(
    region: Region,
    carried: list[Carried],
    made: dict[int, Any],
    zero: bool,
    is_shared: Callable[[Carried], bool],
) -> None:
    """Note which arrays from before the loop its results may be."""
    after = origins_after(carried, zero)
    for c in carried:
        result = made.get(id(c))
        if not isinstance(result, Tensor) or result.storage is None or result is c.original:
            continue
        held = {s for s in after[id(c)] if region.holds(s)}
        own = c.original.storage if c.original is not None else None
        if own is not None and own in held and not is_shared(c):
            held.discard(own)
        result.storage.watched = tuple((s, s.version) for s in held)
    arrays = [(c.left.storage, made.get(id(c))) for c in carried if c.left is not None and c.left.storage]
    watch_one_another([({storage}, result) for storage, result in arrays])


def watch_one_another(results: list[tuple[set[Storage], Any]]) -> None:
    """Note which results of a loop or a branch may be parts of one array; each comes with what it was inside."""
    arrays = [
        (inside, result.storage)
        for inside, result in results
        if isinstance(result, Tensor) and result.storage is not None
    ]
    for place, (inside, storage) in enumerate(arrays):
        for others, other in arrays[:place]:
            if inside & others and other is not storage:
                storage.watched = (*storage.watched, (other, other.version))
                other.watched = (*other.watched, (storage, storage.version))
