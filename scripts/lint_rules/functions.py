"""No function is longer than a page of code."""

from .code import functions

MAX_LINES = 60
# FILE:FUNCTION that may be longer, each with its reason.
LONG_FUNCTIONS = {
    "program_settings.cpp:settings_table": "a table: a line or two for each setting",
    "program_settings.cpp:settings_after_stores": "its other half, where the stores' own settings stand between the two",
    "strokes.cpp:shapes_of": "a table: the strokes of each digit",
    "strokes.cpp:doodles": "a table: the strokes of each thing that is no digit",
}


def check(name, code):
    """Of a file's code without comments and strings."""
    for function, line, lines in functions(code):
        if lines > MAX_LINES and f"{name.rpartition('/')[2]}:{function}" not in LONG_FUNCTIONS:
            yield (
                f"{name}:{line}: {function} has {lines} lines, more than {MAX_LINES}; divide it, or list it with a reason "
                "in scripts/lint_rules/functions.py"
            )
