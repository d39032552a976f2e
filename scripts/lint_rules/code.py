"""What the rules for C++ share: the code without its comments, and the bodies of its functions."""

import re

QUOTED = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL
)
# Everything of a line that the preprocessor takes, with the lines that it is continued on.
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
SCOPE = re.compile(r"\b(?:namespace|class|struct|union|enum|concept)\b|\bextern\s*$")
# `Name(...) : first_`: what stands in braces next is a member's value and not the body.
MEMBER_VALUE = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:).*[\w>]\s*$", re.DOTALL)
NAME = re.compile(r"([\w:~]+|operator\s*[^\s\w(]+)\s*\(")


def blank(found):
    return re.sub(r"[^\n]", " ", found.group())


def without_comments_and_strings(code):
    """The same text with comments and the contents of strings blanked, line for line."""
    return QUOTED.sub(blank, code)


def closing(code, position):
    """Where the brace that opens at this position is closed; the end of the text, if nowhere."""
    depth = 0
    for place in re.compile(r"[{}]").finditer(code, position):
        depth += 1 if place.group() == "{" else -1
        if depth == 0:
            return place.start()
    return len(code)


def functions(code):
    """The functions of a file, members too, as name, first line and number of lines, from the opening brace to the closing one.

    `code` comes without comments and strings. A lambda counts to the function that it stands in.
    """
    code = DIRECTIVE.sub(blank, code)
    position = begin = 0  # begin: of what stands before the next brace
    brackets = 0
    while position < len(code):
        character = code[position]
        if character in "()":
            brackets += 1 if character == "(" else -1
        elif character in ";}" and brackets == 0:
            begin = position + 1
        elif character == "{":
            head = code[begin:position]
            end = closing(code, position)
            if brackets > 0 or MEMBER_VALUE.search(head):
                position = end  # a value inside of the head
            elif "(" in head and not head.rstrip().endswith("=") and not is_scope(head):
                name = NAME.search(head)
                first = code.count("\n", 0, position) + 1
                yield name.group(1) if name else "?", first, code.count("\n", position, end) + 1
                position, begin = end, end + 1
            elif is_scope(head):
                begin = position + 1
            else:
                position, begin = end, end + 1  # a table or another value
        position += 1


def is_scope(head):
    """Whether a namespace or a type is opened: its word stands outside of parentheses and of a template's parameters."""
    plain = re.sub(r"<[^<>]*>", "", re.sub(r"\([^()]*\)", "", head))
    found = SCOPE.search(plain)
    return bool(found) and not re.search(r"\)\s*(?:const|noexcept|override|final|->[^;]*)?\s*$", head)
