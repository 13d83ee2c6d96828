"""The rules of STYLE.md that a machine can check. Each takes a path (relative to the root, with
forward slashes) and the file's text, and yields findings: (line, message)."""

import re

import scan

MAX_FUNCTION_LINES = 70
WARN_FILE_LINES = 400
MAX_FILE_LINES = 600
MAX_COLUMNS = 100
MAX_MAIN_LINES = 60

CPP = ('.cpp', '.h')

# What the files of a layer may include of our own code, beside the generated messages.
OWN = {
    'core': {'core'},
    'storage': {'core', 'storage'},
    'runtime': {'core', 'runtime'},
    'manifest': {'core', 'manifest'},
    'server': {'core', 'storage', 'runtime', 'manifest', 'server'},
    'proxy': {'core', 'runtime', 'proxy'},
    'cli': {'core', 'runtime', 'manifest', 'cli'},
    'examples': {'examples'},
    'bench': {'core', 'storage', 'runtime', 'server', 'proxy', 'cli', 'bench'},
}
# And of libraries, beside the language's own.
MESSAGES = {'google/protobuf', 'absl'}
BINARY = {'CLI', 'spdlog', 'fmt', 'prometheus', 'openssl'}
GRPC = {'grpcpp', 'grpc'}
LIBRARIES = {
    'core': MESSAGES | {'re2', 'openssl'},
    'storage': MESSAGES | {'sqlite3.h'},
    'runtime': MESSAGES | BINARY | GRPC | {'boost'},
    'manifest': MESSAGES | {'boost'},
    'server': MESSAGES | BINARY | GRPC | {'boost', 'ares.h'},
    'proxy': MESSAGES | BINARY | GRPC | {'boost'},
    'cli': MESSAGES | BINARY | GRPC | {'yaml-cpp'},
    'examples': {'boost', 'CLI'},
    'bench': MESSAGES | BINARY | GRPC | {'boost'},
}
KNOWN_LIBRARIES = MESSAGES | BINARY | GRPC | {'re2', 'boost', 'yaml-cpp', 'sqlite3.h', 'ares.h',
                                              'gtest'}
# core is pure: no sockets, threads, clock or files. (sockaddr, of sys/socket.h, is data.)
IMPURE = re.compile(
    r'^(thread|mutex|shared_mutex|condition_variable|future|semaphore|fstream|filesystem|iostream|'
    r'sys/(?!socket\.h).*|unistd\.h|poll\.h|netdb\.h|fcntl\.h|pthread\.h|time\.h|signal\.h)$')
GRPC_FILES = re.compile(
    r'(_grpc|_service|/app|/grpc_status|^cli/client\w*)(_test)?\.(cpp|h)$|^cli/client/')

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
ALLOW = re.compile(r'style: allow\(([\w-]+)\) \S')

# (rule, suffixes, pattern, what to do instead). Matched line by line, comments and literals blank.
BANS = [
    ('sleep', CPP, r'\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(|(?<![\w.>:])sleep\s*\(',
     'a sleep is a guess about time: wait for the event (timer, condition, poll)'),
    ('unbounded-copy', CPP, r'\b(strcpy|strcat|sprintf|vsprintf|gets)\s*\(',
     'writes without a bound: absl::StrCat, absl::StrFormat or memcpy with a checked length'),
    ('rand', CPP, r'\bs?rand\s*\(|\brandom_shuffle\b',
     'global, weak, not reproducible: pass in a generator, or RAND_bytes for secrets'),
    ('std-regex', CPP, r'\bstd::(basic_)?regex\b',
     'recursion without a bound on foreign input: RE2'),
    ('assert-effect', CPP, r'\bassert\s*\(.*(\+\+|--|[^=!<>]=[^=])',
     'gone with NDEBUG: do it first, then assert the result'),
    ('using-namespace', ('.h',), r'\busing\s+namespace\b',
     'a header leaks it into every file: name what is used'),
    ('system', CPP, r'(?<![\w.>:])(std::)?system\s*\(|\bpopen\s*\(',
     'a shell between us and the program: posix_spawn with arguments'),
    ('test-switch', CPP,
     r'#\s*(el)?if.*\b(UNIT_?)?TEST(ING)?\b|\bif\s*\(\s*(g_)?testing_?\s*\)',
     'production code knows no tests: a seam at the edge of the OS'),
    ('iostream-endl', CPP, r'\bstd::endl\b', "flushes each line: '\\n'"),
    ('atoi', CPP, r'\b(std::)?(atoi|atol|atof)\s*\(', 'no errors: absl::SimpleAtoi or from_chars'),
    ('detail', CPP, r'\basio::detail::', "not Asio's interface: use what is documented"),
    ('core-clock', CPP, r'\b(steady|system|high_resolution)_clock::now\b|\babsl::Now\s*\(',
     'core has no clock: take the time as an argument'),
    ('core-socket', CPP, r'(?<!\w)::(socket|connect|bind|listen|accept4?|send|recv)\s*\(',
     'core has no sockets: they belong to runtime, server and proxy'),
    ('sleep', ('.py',), r'\b(time\.)?sleep\s*\(',
     'a sleep is a guess about time: wait_until, or wait for output or an event'),
    ('shell', ('.py',), r'\bshell\s*=\s*True|\bos\.system\s*\(',
     'a shell between us and the program: a list of arguments'),
    ('sleep', ('.sh',), r'^\s*sleep\s',
     'a sleep is a guess about time: curl --retry, gwctl --wait'),
    ('kill-by-name', ('.sh', '.py'), r'\b(pkill|killall)\b', 'ends what is not ours: kill by id'),
]
BANS = [(rule, suffixes, re.compile(pattern), advice) for rule, suffixes, pattern, advice in BANS]


def functions(kind, text):
    readers = {'.cpp': scan.cpp_functions, '.h': scan.cpp_functions, '.py': scan.python_functions,
               '.sh': scan.shell_functions, '.cmake': scan.cmake_functions}
    for line, length, name in readers.get(kind, lambda _: [])(text):
        if length > MAX_FUNCTION_LINES:
            yield line, f'function of {length} lines, at most {MAX_FUNCTION_LINES}: {name[:60]}'


def columns(text):
    for number, line in enumerate(text.split('\n'), 1):
        if len(line) > MAX_COLUMNS:
            yield number, f'line of {len(line)} columns, at most {MAX_COLUMNS}'


def file_length(path, text):
    """(line, message, fatal)"""
    count = text.count('\n')
    if path.endswith('main.cpp') and count > MAX_MAIN_LINES:
        yield count, f'main.cpp of {count} lines, at most {MAX_MAIN_LINES}: wiring is app.cpp', True
    if count > MAX_FILE_LINES:
        yield count, f'file of {count} lines, at most {MAX_FILE_LINES}', True
    elif count > WARN_FILE_LINES:
        yield count, f'file of {count} lines, aim at {WARN_FILE_LINES}', False


def pragma_once(path, text):
    if path.endswith('.h') and not re.search(r'^#pragma once$', text, re.M):
        yield 1, 'a header without #pragma once'


def banned(path, kind, text):
    blanked = scan.blank_cpp(text) if kind in CPP else text
    raw = text.split('\n')
    for number, line in enumerate(blanked.split('\n'), 1):
        if kind in ('.py', '.sh'):
            line = re.sub(r'(^|\s)#.*', '', line)
        for rule, suffixes, pattern, advice in BANS:
            if kind not in suffixes or not pattern.search(line):
                continue
            if rule.startswith('core-') and layer_of(path) != 'core':
                continue
            allowed = ALLOW.search(raw[number - 1])
            if not (allowed and allowed.group(1) == rule):
                yield number, f'{rule}: {advice}'


def layer_of(path):
    parts = path.split('/')
    if parts[0] == 'tests' and len(parts) > 3 and parts[1] == 'unit':
        return parts[2]
    return parts[0]


def _library_of(header):
    for library in KNOWN_LIBRARIES:
        if header == library or header.startswith(library + '/'):
            return library
    return None


def _layer_findings(path, header):
    layer, is_test = layer_of(path), path.startswith('tests/')
    if GRPC_FILES.search(path) is None and (
            header.endswith('.grpc.pb.h') or _library_of(header) in GRPC):
        yield (f'{header}: gRPC stays in *_grpc, *_service, app, grpc_status and cli/client files')
    if layer not in OWN:
        return
    folder = header.split('/')[0]
    if folder in OWN and folder not in OWN[layer] and folder != 'examples':
        yield f'{header}: {layer} may include {", ".join(sorted(OWN[layer]))} of our own'
    library = _library_of(header)
    if library and library not in LIBRARIES[layer] and not (is_test and library == 'gtest'):
        yield f'{header}: {layer} does not use {library}'
    if layer == 'core' and not is_test and IMPURE.match(header):
        yield f'{header}: core is pure, it has no sockets, threads, clock or files'


def layers(path, text):
    for number, line in enumerate(text.split('\n'), 1):
        match = INCLUDE.match(line)
        if match:
            for message in _layer_findings(path, match.group(1) or match.group(2)):
                yield number, message


def relative_includes(path, text):
    for number, line in enumerate(text.split('\n'), 1):
        match = INCLUDE.match(line)
        if match and match.group(1) and '/' not in match.group(1):
            yield number, f'"{match.group(1)}": include from the repository root'


def mirror(path, paths):
    """A unit test stands where its code stands; compile_incremental_test tests compile."""
    match = re.match(r'^tests/unit/(.+)/([^/]+)_test\.cpp$', path)
    if not match:
        return
    folder, words = match.group(1), match.group(2).split('_')
    units = [f'{folder}/' + '_'.join(words[:count]) for count in range(1, len(words) + 1)]
    if not {unit + ending for unit in units for ending in ('.h', '.cpp')} & paths:
        yield 1, f'tests nothing: there is no {units[-1]}.h or .cpp'


def built(path, paths):
    """Every source file is in a folder whose CMakeLists.txt globs it."""
    if not path.endswith('.cpp') or path.startswith(('tests/unit/', 'tests/component/')):
        return
    folder = path.rsplit('/', 1)[0] if '/' in path else '.'
    if f'{folder}/CMakeLists.txt' not in paths:
        yield 1, f'is not built: {folder} has no CMakeLists.txt'
