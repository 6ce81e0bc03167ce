"""Changes to the caller's lists, dicts and objects: gathered while tracing, made after each call."""

from __future__ import annotations

from typing import Any

from defnhook.trace.context import Trace
from defnhook.trace.structure import children, transform

Path = tuple[tuple[str, Any], ...]


class Kept:
    """A container of the caller's own in the new contents of another."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path


class Change:
    """What a call changes: the container at ``path``, or the attribute ``label`` of the object there."""

    __slots__ = ("label", "path")

    def __init__(self, path: Path, label: str | None = None) -> None:
        self.path = path
        self.label = label


def changes_of(trace: Trace) -> tuple[list[Change], list[Any]]:
    """The changes of a trace, with the new contents of each."""
    changes, contents = [], []
    for identity, container in trace.changed.items():
        changes.append(Change(trace.places[identity]))
        contents.append(_content(container, trace))
    for (identity, label), value in trace.attributes.items():
        changes.append(Change(trace.places[identity], label))
        contents.append(_part(value, trace))
    return changes, contents


def _content(container: Any, trace: Trace) -> Any:
    if isinstance(container, dict):
        return {key: _part(item, trace) for key, item in container.items()}
    parts = children(container)
    assert parts is not None
    return [_part(item, trace) for _, item in parts]


def _part(value: Any, trace: Trace) -> Any:
    """A new part of a container: what belongs to the caller stays itself."""
    if id(value) in trace.places:
        return Kept(trace.places[id(value)])
    parts = children(value)
    if parts is None:
        return value
    from defnhook.trace.structure import with_children

    return with_children(value, [_part(item, trace) for _, item in parts])


def replay(arguments: dict[str, Any], changes: list[Change], contents: list[Any]) -> None:
    """Make the changes that a call has computed."""
    new = [transform(content, lambda leaf, path: _own(arguments, leaf)) for content in contents]
    owners = [_at(arguments, change.path) for change in changes]
    for change, owner, content in zip(changes, owners, new, strict=True):
        if change.label is not None:
            setattr(owner, change.label, content)
        elif isinstance(owner, list):
            owner[:] = content
        elif isinstance(owner, dict):
            owner.clear()
            owner.update(content)
        else:
            for (label, _), item in zip(children(owner) or (), content, strict=True):
                setattr(owner, label.removeprefix("."), item)


def _own(arguments: dict[str, Any], leaf: Any) -> Any:
    return _at(arguments, leaf.path) if isinstance(leaf, Kept) else leaf


def _at(arguments: dict[str, Any], path: Path) -> Any:
    """What stands at a place of the arguments."""
    found: Any = arguments
    for kind, key in path:
        found = getattr(found, key) if kind == "attribute" else found[key]
    return found
