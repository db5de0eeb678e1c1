"""The small changes that `tools/mutants.py` makes in the code: which there are in a file, and the tree with one of them.

A mutant is one change of meaning in one place. Left alone are docstrings, annotations, the texts of errors (the design
leaves them out: a test that repeats a sentence proves nothing), and what cannot be reached by its own word.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COUNTED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_TYPES_ONLY: Final = frozenset({"TypeVar", "NewType", "cast", "ParamSpec", "Literal"})
_DOORS: Final = frozenset({"dataclass", "unique", "runtime_checkable"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change.

    Attributes:
        file: the source.
        index: which node of the tree, in the order of `ast.walk`.
        variant: which change of that node.
        line: where it is.
        what: the change in a few letters.
        function: first line (decorators included) of the outermost function that it is in; 0 outside of functions.
    """

    file: Path
    index: int
    variant: int
    line: int
    what: str
    function: int


def mutants(file: Path) -> list[Mutant]:
    """Return every mutant of a file, in order."""
    tree = ast.parse(file.read_text("utf-8"))
    left_out = frozenset(_left_out(tree))
    functions = list(_functions(tree))
    before = frozenset(_said_before(tree))
    found = []
    for index, node in enumerate(ast.walk(tree)):
        if index in left_out:
            continue
        line = node.target.lineno if isinstance(node, ast.comprehension) else getattr(node, "lineno", 0)
        inside = 0 if index in before else next((first for first, last in functions if first <= line <= last), 0)
        for variant, what in enumerate(_variants(node)):
            found.append(Mutant(file, index, variant, line, what, inside))
    return sorted(found, key=lambda one: (one.line, one.index, one.variant))


def mutated(mutant: Mutant) -> ast.Module:
    """Return the tree of a file with one change in it."""
    tree = ast.parse(mutant.file.read_text("utf-8"))
    for index, node in enumerate(ast.walk(tree)):
        if index == mutant.index:
            _change(node, mutant.variant)
            break
    return ast.fix_missing_locations(tree)


def _functions(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """Yield where each outermost function begins and ends."""
    for node in _outermost(tree):
        yield min([node.lineno, *(one.lineno for one in node.decorator_list)]), node.end_lineno or node.lineno


def _outermost(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        else:
            pending += list(ast.iter_child_nodes(node))


def _said_before(tree: ast.Module) -> Iterator[int]:
    """Yield the places in the walk of what stands in a function and is worked out where it is made: defaults of arguments."""
    places = {id(node): index for index, node in enumerate(ast.walk(tree))}
    for function in _outermost(tree):
        for default in (*function.args.defaults, *(one for one in function.args.kw_defaults if one is not None)):
            yield from (places[id(one)] for one in ast.walk(default))


def _left_out(tree: ast.Module) -> Iterator[int]:  # noqa: C901, PLR0912 - one question for each kind of node
    """Yield the places in the walk that are no behaviour: docstrings, annotations, decorators, what an error says."""
    places = {id(node): index for index, node in enumerate(ast.walk(tree))}
    apart: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            # A text that stands alone, which also documents a constant.
            apart += [one for one in node.body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            apart += [*node.decorator_list, *([node.returns] if node.returns else [])]
        if isinstance(node, ast.ClassDef):
            apart += [*node.decorator_list, *node.bases]
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            apart.append(node.annotation)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _TYPES_ONLY:
            apart.append(node)
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "__all__" for to in node.targets):
            apart.append(node)
        if isinstance(node, ast.Raise):
            apart += [one for one in ast.walk(node) if _is_text(one)]
            if isinstance(node.exc, ast.Name) and node.exc.id == "AssertionError":
                apart.append(node)
        if isinstance(node, ast.Call) and (_called(node).endswith("Error") or _called(node) == "_require"):
            apart += [one for one in ast.walk(node) if _is_text(one)]
        if isinstance(node, ast.keyword) and node.arg == "field" and _is_text(node.value):
            apart.append(node.value)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            apart.append(node)
        if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Assert):
            apart.append(node)
    for node in apart:
        yield from (places[id(inner)] for inner in ast.walk(node) if id(inner) in places)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _variants(node: ast.AST) -> list[str]:  # noqa: C901, PLR0912 - a table, told in cases
    match node:
        case ast.Compare():
            return [f"{type(op).__name__} -> {_COMPARED[type(op)].__name__}" for op in node.ops]
        case ast.BoolOp():
            return ["and -> or" if isinstance(node.op, ast.And) else "or -> and"]
        case ast.UnaryOp(op=ast.Not()):
            return ["not x -> x"]
        case ast.UnaryOp(op=ast.USub()):
            return ["-x -> x"]
        case ast.BinOp(op=op) if type(op) in _COUNTED:
            return [f"{type(op).__name__} -> {_COUNTED[type(op)].__name__}"]
        case ast.Constant(value=bool() as value):
            return [f"{value} -> {not value}"]
        case ast.Constant(value=int() | float()):
            return ["number + 1"]
        case ast.Constant(value=str() | bytes()):
            return ["text + XX"]
        case ast.If() | ast.IfExp():
            return ["if x -> if not x"]
        case ast.comprehension(ifs=[_, *_]):
            return [f"filter {number} left out" for number in range(len(node.ifs))]
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            return ["return x -> return None"]
        case ast.Expr(value=ast.Call() | ast.YieldFrom() | ast.Yield()):
            return ["statement left out"]
        case ast.Raise():
            return ["raise left out"]
        case ast.Break():
            return ["break -> continue"]
        case ast.Continue():
            return ["continue -> break"]
        case _:
            return []


def _change(node: ast.AST, variant: int) -> None:  # noqa: C901, PLR0912 - a table, told in cases
    """Change a node where it stands, since its parent is not known."""
    match node:
        case ast.Compare():
            node.ops[variant] = _COMPARED[type(node.ops[variant])]()
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.Not()):
            _become(node, ast.Call(ast.Name("bool", ast.Load()), [node.operand], []))
        case ast.UnaryOp():
            node.op = ast.UAdd()
        case ast.BinOp():
            node.op = _COUNTED[type(node.op)]()
        case ast.Constant(value=bool() as value):
            node.value = not value
        case ast.Constant(value=str() as value):
            node.value = value + "XX"
        case ast.Constant(value=bytes() as value):
            node.value = value + b"XX"
        case ast.Constant(value=int() | float() as value):
            node.value = value + 1
        case ast.If() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.comprehension():
            del node.ifs[variant]
        case ast.Return():
            node.value = ast.Constant(None)
        case ast.Expr() if isinstance(node.value, ast.Yield | ast.YieldFrom):
            # Still a generator, of nothing here.
            node.value = ast.YieldFrom(ast.Tuple([], ast.Load()))
        case ast.Expr() | ast.Raise():
            _become(node, ast.Pass())
        case ast.Break():
            _become(node, ast.Continue())
        case _:
            _become(node, ast.Break())


def _become(node: ast.AST, other: ast.AST) -> None:
    for name in (*node._fields, *(each for each in ("value",) if hasattr(node, each))):
        if hasattr(node, name):
            delattr(node, name)
    node.__class__ = other.__class__
    for name, value in ast.iter_fields(other):
        setattr(node, name, value)
