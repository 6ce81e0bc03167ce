"""``python -m defnhook bench``: everybody computes the same, and the command says who and how fast."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest

import defnhook
from defnhook.__main__ import main
from defnhook.benchmark import candidates, command, floors, results, rows, workers
from defnhook.benchmark.measuring import Times
from defnhook.benchmark.pictures import can_draw

NAMES = [candidates.NUMPY, candidates.NATIVE, *(peer.name for peer in candidates.PEERS)]


@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", NAMES)
def test_everybody_gives_numpys_results(name, dtype):
    if name in candidates.missing_peers():
        pytest.skip(f"{name} is not installed")
    wrong, ran = {}, 0
    for subject in rows.SUBJECTS:
        row = rows.Row(subject, subject.small, dtype)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call = candidates.candidate(row, name)
            if call is None:
                continue
            error = candidates.error(call(), candidates.expected(row))
        ran += 1
        if not error <= row.tolerance:
            wrong[row.name] = error
    assert not wrong
    assert ran > len(rows.SUBJECTS) / 3


def test_the_table_of_a_function(tmp_path, capsys):
    drawing = tmp_path / "softmax.svg"
    assert main(["bench", "--only", "softmax", "--quick", "--picture", str(drawing)]) == 0
    printed = capsys.readouterr().out
    for row in ("softmax, float32, 1,000 ", "softmax_columns, float64, (64, 128) ", "NumPy "):
        (line,) = (line for line in printed.splitlines() if line.strip().startswith(row))
        assert float(line.split()[-1].replace(",", "")) > 0
    assert drawing.exists() == can_draw()


def test_missing_peers_are_named(monkeypatch, capsys):
    found = [replace(peer, requires="no_such_library") for peer in candidates.PEERS]
    monkeypatch.setattr(candidates, "PEERS", tuple(found))
    monkeypatch.setattr(command, "PEERS", tuple(found))
    monkeypatch.setattr(command, "can_draw", lambda: False)
    assert main(["bench", "--only", "polynomial", "--quick"]) == 0
    printed = capsys.readouterr().out
    for peer in found:
        assert f"{peer.name} is not installed and left out." in printed
    assert "matplotlib is not installed: no picture." in printed
    assert "polynomial, float32, 1,000" in printed


def test_an_unknown_function_is_refused(capsys):
    assert main(["bench", "--only", "nothing_of_that_name"]) == 2
    assert "nothing_of_that_name" in capsys.readouterr().out


def test_wrong_results_are_left_out():
    (subject,) = rows.chosen_subjects(["gelu"])
    row = rows.Row(subject, subject.small, "float64")
    right = candidates.expected(row)

    class Worker:
        def __init__(self, value):
            self.value = value

        def result(self, row):
            return self.value

        def turn(self):
            assert self.value is right
            return [1.0, 2.0]

    staff = {"NumPy": Worker(right), "wrong": Worker(right + 1), "absent": Worker(None)}
    result = results.result_of(row, staff, 0.0, 2)
    assert {name: times.seconds for name, times in result.times.items()} == {"NumPy": (1.0, 2.0) * 2}
    assert set(result.wrong) == {"wrong"}


def test_a_worker_makes_and_measures_calls():
    (subject,) = rows.chosen_subjects(["gelu"])
    row = rows.Row(subject, subject.small, "float64")
    with workers.team([candidates.NUMPY, candidates.NATIVE]) as pair:
        for worker in pair.values():
            assert candidates.error(worker.result(row), candidates.expected(row)) <= row.tolerance
            assert all(0 < seconds < 1 for seconds in worker.turn())
        processes = [worker._process for worker in pair.values()]
    assert [process.exitcode for process in processes] == [0, 0]


def test_a_worker_tells_what_went_wrong():
    with (
        workers.team([candidates.NUMPY]) as alone,
        pytest.raises(RuntimeError, match=r"NumPy at .*'turn'.*AssertionError"),
    ):
        alone[candidates.NUMPY].turn()


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [(None, "not measured"), (1.4, "short"), (1.5, "pass"), (1.8, "pass, aim reached")],
)
def test_verdicts(measured, verdict):
    assert floors.Floor("what", 1.5, 1.8, floors.number("x")).verdict(measured) == verdict
    mirrored = floors.Floor("what", 1 / 1.5, 1 / 1.8, floors.number("x"), at_most=True)
    assert mirrored.verdict(None if measured is None else 1 / measured) == verdict


def test_numpy_runs_the_file_as_it_was_written(monkeypatch):
    (subject,) = rows.chosen_subjects(["gelu"])
    row = rows.Row(subject, (100,), "float64")
    before = defnhook.stats()
    candidates.expected(rows.Row(rows.chosen_subjects(["softmax_rows"])[0], (3, 4), "float64"))
    candidates.plain(row)(*row.arguments())
    assert defnhook.stats() == before


def test_every_floor_finds_its_rows():
    times = {name: Times((1.0, 2.0, 3.0)) for name in ("NumPy", "defnhook", "JAX", "torch")}
    every = [results.Result(row, times) for row in rows.rows(rows.SUBJECTS)]
    left = [floor.what for floor in floors.FLOORS if floor.read(floors.Findings(every, {})) is None]
    assert len(left) == 10  # the single numbers
    assert [row[-1] for row in floors.floors_table(floors.Findings([], {})).rows] == ["not measured"] * len(
        floors.FLOORS
    )


@pytest.mark.parametrize("subject", rows.SUBJECTS, ids=lambda subject: subject.name)
def test_results_have_the_dtype_of_the_arguments(subject):
    row = rows.Row(subject, subject.small, "float32")
    found = []
    rows.converted(candidates.plain(row)(*row.arguments()), lambda part: found.append(part.dtype.name))
    assert set(found) <= {"float32", "int64"}
