"""A light reading of source files: comments and literals blanked, functions with their lengths.

Exact enough for caps and bans, no parser: what it misreads it must misread towards "no function".
"""

import ast
import re

# Raw strings first, then comments, then ordinary literals. A quote between digits is a separator.
_CPP_TOKENS = re.compile(
    r'R"(?P<tag>[^ ()\\\t\n]{0,16})\((?:.|\n)*?\)(?P=tag)"'
    r'|//[^\n]*'
    r'|/\*(?:.|\n)*?\*/'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'")
_NOT_NEWLINE = re.compile(r'[^\n]')
_TEMPLATE = re.compile(r'^\s*template\s*<[^{};]*?>\s*(?=class|struct|union|enum)')
_SCOPE = re.compile(r'^\s*(inline\s+)?(namespace|class|struct|union|enum|extern\s*"")')
_INIT_LIST = re.compile(r'\)[\w\s:<>,]*?\)?\s*(?:noexcept\s*)?:[^:]')


def blank_cpp(text):
    """The text with comments and the insides of literals blanked, line for line."""
    def blank(match):
        token = match.group(0)
        if token.startswith('/'):
            return _NOT_NEWLINE.sub(' ', token)
        quote = '"' if '"' in token[:20] and not token.startswith("'") else "'"
        return quote + _NOT_NEWLINE.sub(' ', token[1:-1]) + quote
    return _CPP_TOKENS.sub(blank, text)


def code_cpp(text):
    """As blank_cpp, with literals empty and directives (and their continuations) blanked too."""
    lines, continued = [], False
    for line in blank_cpp(text).split('\n'):
        directive = continued or line.lstrip().startswith('#')
        continued = directive and line.endswith('\\')
        lines.append('' if directive else re.sub(r'"[ ]*"', '""', line))
    return '\n'.join(lines)


def _matching_brace(code, start):
    depth = 0
    for i in range(start, len(code)):
        if code[i] == '{':
            depth += 1
        elif code[i] == '}':
            depth -= 1
            if depth == 0:
                return i
    return len(code) - 1


def _is_initializer(head):
    if re.search(r'(=|,|\(|\breturn)$', head):
        return True
    in_init_list = _INIT_LIST.search(head) and re.search(r'[\w>]$', head)
    return bool(in_init_list) and not re.search(r'\b(const|noexcept|override|final|try)$', head)


def cpp_functions(text):
    """(first line, line count, head) of each outermost function body."""
    code = code_cpp(text)
    functions, head, head_start, i = [], '', 0, 0
    while i < len(code):
        c = code[i]
        if c in ';}':
            head = ''
        elif c != '{':
            if not head.strip():
                head_start = i
            head += c
        else:
            stripped = _TEMPLATE.sub('', head).strip()
            if _is_initializer(stripped):
                i = _matching_brace(code, i)
                head += '()'
            elif _SCOPE.match(stripped):
                head = ''
            else:
                end = _matching_brace(code, i)
                if '(' in stripped or stripped.endswith(']'):
                    first = code.count('\n', 0, head_start) + 1
                    last = code.count('\n', 0, end) + 1
                    functions.append((first, last - first + 1, ' '.join(stripped.split())))
                    head = ''
                else:
                    head += '()'
                i = end
        i += 1
    return functions


def python_functions(text):
    nodes = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [(node.lineno, node.end_lineno - node.lineno + 1, node.name)
            for node in ast.walk(ast.parse(text)) if isinstance(node, nodes)]


def _delimited(text, begin, end):
    functions, open_at, name = [], None, ''
    for number, line in enumerate(text.split('\n'), 1):
        started = begin.match(line)
        if open_at is None and started:
            open_at, name = number, started.group(1)
        elif open_at is not None and end.match(line):
            functions.append((open_at, number - open_at + 1, name))
            open_at = None
    return functions


def shell_functions(text):
    return _delimited(text, re.compile(r'^(?:function )?([\w-]+)\(\) *\{ *$'), re.compile(r'^\}'))


def cmake_functions(text):
    return _delimited(text, re.compile(r'^(?:function|macro)\((\w+)', re.I),
                      re.compile(r'^(?:endfunction|endmacro)\(', re.I))
