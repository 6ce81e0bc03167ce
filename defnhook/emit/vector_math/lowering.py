"""A scalar function of the vector math → the text of an LLVM function.

The vector math is written in a small subset of Python: assignments, conditional expressions, arithmetic,
bit casts, and a final return. Such a function needs no type inference worth the name, so it is lowered
here in a few milliseconds, where Numba would take a hundred. What the text says is what Python over NumPy
scalars does: Python numbers are weak (NEP 50), integers wrap, a conditional expression is a select, so both
of its arms are evaluated and nothing stands in the way of the loop vectorizer. Floating-point operations
carry the flag `contract`: a product may be fused into the sum that follows it.

One statement branches: `if condition: return rare(x)`. The function called there stays a function of its
own, without side effects, and a vectorized loop calls it only where a lane needs it: then for that lane alone
where it reads a table, and for all lanes at once otherwise.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import struct
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

PREFIX: Final = "defnhook_"
PURE: Final = "nounwind willreturn memory(none)"

FLOATS: Final = ("float", "double")
INTEGERS: Final = ("i32", "i64")
KINDS: Final = {np.float32: "float", np.float64: "double", np.int32: "i32", np.int64: "i64"}
SUFFIXES: Final = {"f32": "float", "f64": "double"}
WIDTHS: Final = {"float": (4, 8, 16), "double": (2, 4, 8)}
COMPANION: Final = {"float": "i32", "double": "i64"}
NOTES: Final = """\
!0 = distinct !{!0, !1}
!1 = !{!"llvm.loop.unroll.disable"}
!2 = !{!"branch_weights", i32 1, i32 10000}
"""
ORDER: Final = ("i1", "i32", "i64", "float", "double")

ARITHMETIC: Final = {
    ast.Add: ("fadd contract", "add"),
    ast.Sub: ("fsub contract", "sub"),
    ast.Mult: ("fmul contract", "mul"),
    ast.Div: ("fdiv contract", None),
    ast.BitAnd: (None, "and"),
    ast.BitOr: (None, "or"),
    ast.BitXor: (None, "xor"),
    ast.LShift: (None, "shl"),
    ast.RShift: (None, "ashr"),
}
COMPARISONS: Final = {
    ast.Lt: ("olt", "slt"),
    ast.LtE: ("ole", "sle"),
    ast.Gt: ("ogt", "sgt"),
    ast.GtE: ("oge", "sge"),
    ast.Eq: ("oeq", "eq"),
    ast.NotEq: ("une", "ne"),
}
INTRINSICS: Final = {abs: "fabs", np.sqrt: "sqrt", np.floor: "floor", np.copysign: "copysign"}


@dataclass(frozen=True, slots=True)
class Value:
    """An operand: its LLVM type and text, or a Python number that has no type yet (kind None)."""

    kind: str | None
    text: str = ""
    number: float | int = 0


Result = Value | tuple[Value, ...]


def lower(function: Callable[..., Any], *, fused: bool = True) -> str:
    """The LLVM text of `function` and of the rare functions it calls; the types follow from its name.

    `fused` says that the processor multiplies and adds in one rounding; otherwise `fused_multiply_add` is
    computed in float64.
    """
    kind = _own_type(function, "double")
    unit = _Unit(fused)
    unit.define(function, [kind] * len(inspect.signature(function).parameters), "alwaysinline")
    return unit.text()


def symbol(function: Callable[..., Any]) -> str:
    """The name of `function` in the LLVM text."""
    return PREFIX + function.__name__


@dataclass
class _Unit:
    """One text: definitions, the declarations and the tables they need."""

    fused: bool
    definitions: dict[str, str] = field(default_factory=dict)
    globals: dict[str, str] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)

    def text(self) -> str:
        return "\n".join([*self.globals.values(), *self.definitions.values()]) + "\n"

    def define(self, function: Callable[..., Any], kinds: Sequence[str], attribute: str) -> tuple[str, str]:
        """Define `function` for arguments of `kinds`; its symbol and the type of its result."""
        name = symbol(function)
        body = _Body(self, _own_type(function, kinds[0]))
        arguments = [Value(kind, f"%a{i}") for i, kind in enumerate(kinds)]
        result = body.typed(_single(body.call(function, arguments)))
        parameters = ", ".join(f"{value.kind} {value.text}" for value in arguments)
        head = f"define {result.kind} @{name}({parameters}) {attribute} {PURE}"
        lines = [f"{head} {{", "entry:", *body.lines, f"  ret {result.kind} {result.text}", "}"]
        self.definitions[name] = "\n".join(lines)
        assert result.kind is not None
        return name, result.kind

    def define_mended(self, function: Callable[..., Any], kinds: Sequence[str]) -> tuple[str, str]:
        """Define what takes a value, a flag and the arguments of `function`, and gives what is right by the flag.

        Returns its symbol and the attribute of a call.
        """
        before = len(self.tables)
        name, result = self.define(function, kinds, "noinline")
        if len(self.tables) > before:
            write = _lane_by_lane
        else:
            write = _all_lanes
            each = self.definitions[name].replace(f"@{name}(", f"@{name}_each(")
            self.definitions[f"{name}_each"] = each.replace("noinline", "alwaysinline")
        self.globals["notes"] = NOTES
        mended, widths = f"{name}_mended", WIDTHS[result]
        self.definitions[mended] = _mended(name, result, kinds)
        for width in widths:
            self.definitions[f"{mended}_{width}"] = write(name, result, kinds, width)
        letters = "v" * (2 + len(kinds))
        mappings = ",".join(f"_ZGV_LLVM_N{width}{letters}_{mended}({mended}_{width})" for width in widths)
        group = f"#{len(self.definitions)}"
        self.globals[name] = f'attributes {group} = {{ "vector-function-abi-variant"="{mappings}" }}'
        used = ", ".join(f"ptr @{mended}_{width}" for width in widths)
        self.globals["used"] = (
            f'@llvm.compiler.used = appending global [{len(widths)} x ptr] [{used}], section "llvm.metadata"'
        )
        return mended, group

    def intrinsic(self, name: str, kind: str, count: int) -> str:
        full = f"@llvm.{name}.{'f32' if kind == 'float' else 'f64'}"
        self.globals[full] = f"declare {kind} {full}({', '.join([kind] * count)})"
        return full

    def table(self, name: str, numbers: tuple[int, ...]) -> str:
        full = f"@{PREFIX}{name}"
        self.tables.append(name)
        items = ", ".join(f"i64 {number}" for number in numbers)
        self.globals[full] = f"{full} = private constant [{len(numbers)} x i64] [{items}]"
        return full


@dataclass
class _Body:
    """The instructions of one LLVM function, and the evaluation of Python expressions into them."""

    unit: _Unit
    main: str
    lines: list[str] = field(default_factory=list)
    count: int = 0

    # Instructions

    def emit(self, kind: str, instruction: str) -> Value:
        self.count += 1
        self.lines.append(f"  %v{self.count} = {instruction}")
        return Value(kind, f"%v{self.count}")

    def typed(self, value: Value, kind: str | None = None) -> Value:
        """`value` with a type: a Python number becomes a constant of `kind` or of the function's own type."""
        if value.kind is not None:
            return value
        if kind is None:
            kind = COMPANION[self.main] if isinstance(value.number, int) else self.main
        return Value(kind, _constant(value.number, kind))

    def common(self, *values: Value) -> tuple[Value, ...]:
        """`values` in the type NumPy's promotion gives them."""
        kinds = [value.kind for value in values if value.kind is not None]
        if kinds:
            kind = max(kinds, key=ORDER.index)
            return tuple(self.convert(value, kind) for value in values)
        if any(isinstance(value.number, float) for value in values):
            return tuple(self.typed(value, self.main) for value in values)
        return tuple(self.typed(value) for value in values)

    def convert(self, value: Value, kind: str) -> Value:
        if value.kind is None:
            return self.typed(value, kind)
        if value.kind == kind:
            return value
        return self.emit(kind, f"{_conversion(value.kind, kind)} {value.kind} {value.text} to {kind}")

    # Functions

    def call(self, function: Callable[..., Any], arguments: Sequence[Result]) -> Result:
        """The result of the body of `function`, written out here."""
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        assert isinstance(tree, ast.FunctionDef)
        names: dict[str, Any] = dict(zip([a.arg for a in tree.args.args], arguments, strict=True))
        outer, self.main = self.main, _own_type(function, self.main)
        result = self.statements(tree.body, _Scope(names, function.__globals__))
        self.main = outer
        return result

    def statements(self, body: Sequence[ast.stmt], scope: _Scope) -> Result:
        for position, statement in enumerate(body):
            match statement:
                case ast.Expr(ast.Constant()):
                    continue
                case ast.Assign([target], source):
                    scope.bind(target, self.value(source, scope))
                case ast.Return(ast.expr() as source):
                    return self.value(source, scope)
                case ast.If(test, [ast.Return(ast.Call(rare, arguments))], []):
                    return self.rarely(test, rare, arguments, body[position + 1 :], scope)
                case _:
                    raise TypeError(f"not in the subset of the vector math: {ast.unparse(statement)}")
        raise TypeError("a function of the vector math ends in a return")

    def rarely(
        self,
        test: ast.expr,
        rare: ast.expr,
        arguments: Sequence[ast.expr],
        rest: Sequence[ast.stmt],
        scope: _Scope,
    ) -> Result:
        condition = self.one(test, scope)
        values = [self.typed(self.one(argument, scope)) for argument in arguments]
        usual = self.typed(_single(self.statements(rest, scope)))
        assert usual.kind is not None
        flag = self.emit(COMPANION[usual.kind], f"sext i1 {condition.text} to {COMPANION[usual.kind]}")
        name, variants = self.unit.define_mended(scope.lookup(rare), [value.kind or "" for value in values])
        return self.emit(usual.kind, f"call {usual.kind} @{name}({_list([usual, flag, *values])}) {variants}")

    # Expressions

    def one(self, expression: ast.expr, scope: _Scope) -> Value:
        return _single(self.value(expression, scope))

    def value(self, expression: ast.expr, scope: _Scope) -> Result:
        match expression:
            case ast.Constant(int() | float() as number):
                return Value(None, number=number)
            case ast.Name() | ast.Attribute():
                return _operand(scope.lookup(expression))
            case ast.UnaryOp(ast.USub(), operand):
                return self.negative(self.one(operand, scope))
            case ast.BinOp(left, operator, right):
                return self.binary(type(operator), self.one(left, scope), self.one(right, scope))
            case ast.Compare(left, [operator], [right]):
                return self.compare(type(operator), self.one(left, scope), self.one(right, scope))
            case ast.IfExp(test, then, otherwise):
                return self.select(*(self.one(part, scope) for part in (test, then, otherwise)))
            case ast.Tuple(elements):
                return tuple(self.one(element, scope) for element in elements)
            case ast.Subscript(table, index):
                return self.load(table, self.one(index, scope), scope)
            case ast.Call(callee, arguments):
                return self.application(callee, arguments, scope)
        raise TypeError(f"not in the subset of the vector math: {ast.unparse(expression)}")

    def negative(self, value: Value) -> Value:
        if value.kind is None:
            return Value(None, number=-value.number)
        if value.kind in FLOATS:
            return self.emit(value.kind, f"fneg {value.kind} {value.text}")
        return self.emit(value.kind, f"sub {value.kind} 0, {value.text}")

    def binary(self, operator: type[ast.operator], left: Value, right: Value) -> Value:
        if left.kind is None and right.kind is None:
            operation = ast.Expression(
                ast.BinOp(ast.Constant(left.number), operator(), ast.Constant(right.number))
            )
            return Value(None, number=eval(compile(ast.fix_missing_locations(operation), "constant", "eval")))
        left, right = self.common(left, right)
        assert left.kind is not None
        instruction = ARITHMETIC[operator][left.kind not in FLOATS]
        if instruction is None:
            raise TypeError(f"{operator.__name__} of {left.kind}")
        return self.emit(left.kind, f"{instruction} {left.kind} {left.text}, {right.text}")

    def compare(self, operator: type[ast.cmpop], left: Value, right: Value) -> Value:
        left, right = self.common(left, right)
        word, predicates = ("fcmp", 0) if left.kind in FLOATS else ("icmp", 1)
        predicate = COMPARISONS[operator][predicates]
        return self.emit("i1", f"{word} {predicate} {left.kind} {left.text}, {right.text}")

    def select(self, test: Value, then: Value, otherwise: Value) -> Value:
        if test.kind is None:
            return then if test.number else otherwise
        then, otherwise = self.common(then, otherwise)
        assert then.kind is not None
        operands = f"{then.kind} {then.text}, {otherwise.kind} {otherwise.text}"
        return self.emit(then.kind, f"select i1 {test.text}, {operands}")

    def load(self, table: ast.expr, index: Value, scope: _Scope) -> Value:
        assert isinstance(table, ast.Name)
        numbers = scope.lookup(table)
        array = self.unit.table(table.id, numbers)
        place = self.emit(
            "ptr", f"getelementptr [{len(numbers)} x i64], ptr {array}, i64 0, {index.kind} {index.text}"
        )
        return self.emit("i64", f"load i64, ptr {place.text}")

    def application(self, callee: ast.expr, arguments: Sequence[ast.expr], scope: _Scope) -> Result:
        if isinstance(callee, ast.Attribute) and callee.attr == "view":
            kind = KINDS[scope.lookup(arguments[0])]
            value = self.typed(self.one(callee.value, scope))
            return self.emit(kind, f"bitcast {value.kind} {value.text} to {kind}")
        function = scope.lookup(callee)
        values = [self.value(argument, scope) for argument in arguments]
        if function in KINDS:
            return self.convert(_single(values[0]), KINDS[function])
        if function in INTRINSICS:
            return self.intrinsic(INTRINSICS[function], values)
        if function.__name__.startswith("fused_multiply_add") and self.unit.fused:
            return self.intrinsic("fma", values)
        return self.call(function, values)

    def intrinsic(self, name: str, arguments: Sequence[Result]) -> Value:
        values = self.common(*(_single(argument) for argument in arguments))
        kind = values[0].kind
        assert kind is not None
        return self.emit(kind, f"call {kind} {self.unit.intrinsic(name, kind, len(values))}({_list(values)})")


@dataclass
class _Scope:
    names: dict[str, Any]
    globals: dict[str, Any]

    def lookup(self, expression: ast.expr) -> Any:
        """The object a name, or a dotted name of NumPy, stands for."""
        if isinstance(expression, ast.Attribute):
            return getattr(self.lookup(expression.value), expression.attr)
        assert isinstance(expression, ast.Name)
        if expression.id in self.names:
            return self.names[expression.id]
        if expression.id in self.globals:
            return self.globals[expression.id]
        return getattr(builtins, expression.id)

    def bind(self, target: ast.expr, value: Result) -> None:
        if isinstance(target, ast.Tuple):
            assert isinstance(value, tuple)
            for element, part in zip(target.elts, value, strict=True):
                self.bind(element, part)
        else:
            assert isinstance(target, ast.Name)
            self.names[target.id] = value


def _mended(name: str, result: str, kinds: Sequence[str]) -> str:
    """What the function `name` gives where the flag is set, and the value elsewhere."""
    flag = COMPANION[result]
    arguments = ", ".join(f"{kind} %a{i}" for i, kind in enumerate(kinds))
    return f"""define {result} @{name}_mended({result} %value, {flag} %flag, {arguments}) noinline {PURE} {{
entry:
  %seldom = icmp ne {flag} %flag, 0
  br i1 %seldom, label %rare, label %end
rare:
  %right = call {result} @{name}({arguments})
  br label %end
end:
  %final = phi {result} [ %value, %entry ], [ %right, %rare ]
  ret {result} %final
}}"""


def _vector_head(name: str, result: str, kinds: Sequence[str], width: int) -> str:
    """`_mended` on vectors of `width`, and the beginning of what it calls where a flag is set.

    The test becomes part of the loop that calls it, so that nothing has to be kept from a call that is rarely made.
    """
    flag = f"<{width} x {COMPANION[result]}>"
    parameters = "".join(f", <{width} x {kind}> %a{i}" for i, kind in enumerate(kinds))
    whole = f"<{width} x {result}>"
    taken = f"({whole} %value, {flag} %flag{parameters})"
    bits = f"""  %mask = icmp ne {flag} %flag, zeroinitializer
  %bits = bitcast <{width} x i1> %mask to i{width}"""
    return f"""define {whole} @{name}_mended_{width}{taken} alwaysinline {PURE} "prefer-vector-width"="512" {{
entry:
{bits}
  %seldom = icmp ne i{width} %bits, 0
  br i1 %seldom, label %rare, label %end, !prof !2
rare:
  %right = call {whole} @{name}_rare_{width}{taken}
  br label %end
end:
  %final = phi {whole} [ %value, %entry ], [ %right, %rare ]
  ret {whole} %final
}}
define {whole} @{name}_rare_{width}{taken} noinline cold {PURE} "prefer-vector-width"="512" {{
begin:
{bits}"""


def _all_lanes(name: str, result: str, kinds: Sequence[str], width: int) -> str:
    """`_mended` on vectors of `width`: a loop over all lanes, of which LLVM makes vectors again."""
    count = range(len(kinds))
    whole = f"<{width} x {result}>"
    lines = [_vector_head(name, result, kinds, width), f"  %results = alloca {whole}, align 64"]
    lines += [f"  %m{i} = alloca <{width} x {kinds[i]}>, align 64" for i in count]
    lines += [f"  store <{width} x {kinds[i]}> %a{i}, ptr %m{i}, align 64" for i in count]
    lines += ["  br label %loop", "loop:", "  %lane = phi i64 [ 0, %begin ], [ %next, %loop ]"]
    lines += [f"  %p{i} = getelementptr {kinds[i]}, ptr %m{i}, i64 %lane" for i in count]
    lines += [f"  %x{i} = load {kinds[i]}, ptr %p{i}" for i in count]
    arguments = ", ".join(f"{kinds[i]} %x{i}" for i in count)
    return (
        "\n".join(lines)
        + f"""
  %right = call {result} @{name}_each({arguments})
  %place = getelementptr {result}, ptr %results, i64 %lane
  store {result} %right, ptr %place
  %next = add nuw nsw i64 %lane, 1
  %more = icmp ult i64 %next, {width}
  br i1 %more, label %loop, label %done, !llvm.loop !0
done:
  %all = load {whole}, ptr %results, align 64
  %final = select <{width} x i1> %mask, {whole} %all, {whole} %value
  ret {whole} %final
}}"""
    )


def _lane_by_lane(name: str, result: str, kinds: Sequence[str], width: int) -> str:
    """`_mended` on vectors of `width`: the function for each lane whose flag is set."""
    lanes = [f"  %x{i} = extractelement <{width} x {kind}> %a{i}, i32 %lane" for i, kind in enumerate(kinds)]
    arguments = ", ".join(f"{kind} %x{i}" for i, kind in enumerate(kinds))
    whole = f"<{width} x {result}>"
    return f"""{_vector_head(name, result, kinds, width)}
  br label %loop
loop:
  %lane = phi i32 [ 0, %begin ], [ %next, %step ]
  %rest = phi i{width} [ %bits, %begin ], [ %shifted, %step ]
  %before = phi {whole} [ %value, %begin ], [ %after, %step ]
  %wanted = trunc i{width} %rest to i1
  br i1 %wanted, label %call, label %step
call:
{chr(10).join(lanes)}
  %right = call {result} @{name}({arguments})
  %with = insertelement {whole} %before, {result} %right, i32 %lane
  br label %step
step:
  %after = phi {whole} [ %before, %loop ], [ %with, %call ]
  %shifted = lshr i{width} %rest, 1
  %next = add i32 %lane, 1
  %more = icmp ne i{width} %shifted, 0
  br i1 %more, label %loop, label %end
end:
  ret {whole} %after
}}"""


def _own_type(function: Callable[..., Any], otherwise: str) -> str:
    """The type that the suffix of a function's name stands for."""
    return SUFFIXES.get(function.__name__.rpartition("_")[2], otherwise)


def _operand(thing: Any) -> Result:
    if isinstance(thing, Value | tuple):
        return thing
    kind = KINDS.get(type(thing))
    return Value(None, number=thing) if kind is None else Value(kind, _constant(thing, kind))


def _single(result: Result) -> Value:
    if isinstance(result, tuple):
        raise TypeError("one value is wanted here, not several")
    return result


def _list(values: Sequence[Value]) -> str:
    return ", ".join(f"{value.kind} {value.text}" for value in values)


def _constant(number: Any, kind: str) -> str:
    if kind in FLOATS:
        exact = float(np.float32(number)) if kind == "float" else float(number)
        return f"0x{struct.pack('>d', exact).hex().upper()}"
    return str(int(number))


def _conversion(source: str, target: str) -> str:
    wider = ORDER.index(target) > ORDER.index(source)
    match source in FLOATS, target in FLOATS:
        case True, True:
            return "fpext" if wider else "fptrunc"
        case True, False:
            return "fptosi"
        case False, True:
            return "uitofp" if source == "i1" else "sitofp"
    if source == "i1":
        return "zext"
    return "sext" if wider else "trunc"
