"""Each rule finds what it is for in a small bad sample, and nothing in a good one."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check  # noqa: E402
import rules  # noqa: E402
import scan  # noqa: E402


def findings(path, text, paths=()):
    with_folder = {path, path.rsplit('/', 1)[0] + '/CMakeLists.txt', *paths}
    return [message for _, message, fatal in check.check_file(path, text, with_folder) if fatal]


class Functions(unittest.TestCase):
    def test_reads_every_shape_of_head(self):
        text = '''
namespace limpet {
template <typename T>
class Pool final : public Base<decltype(f())> {
 public:
  Pool() : a_{1}, b_(2), c_{3} {
    run();
  }
  int size() const noexcept { return 1; }
  auto begin() -> Iterator { return {}; }
 private:
  std::vector<int> items_{1, 2};
  static constexpr Kind kKinds[] = {{"a"}, {"b"}};
};
enum class E : int { kOne };
const auto f = [](int x) { return x; };
TEST(Pool, Grows) {
  if (a) { b(); }
}
}  // namespace limpet
'''
        heads = [head.split('(')[0] for _, _, head in scan.cpp_functions(text)]
        self.assertEqual(
            heads, ['public: Pool', 'int size', 'auto begin', 'const auto f = []', 'TEST'])

    def test_counts_from_head_to_brace(self):
        text = 'void f(int a,\n       int b) {\n  x();\n}\n'
        self.assertEqual(scan.cpp_functions(text)[0][:2], (1, 4))

    def test_braces_in_literals_and_comments_do_not_count(self):
        text = 'void f() {\n  a("}"); b(\'}\'); // }\n  c(R"({)");\n  n(1\'000);\n}\nvoid g() {}\n'
        self.assertEqual([f[:2] for f in scan.cpp_functions(text)], [(1, 5), (6, 1)])

    def test_long_function_is_found_in_each_language(self):
        body = '  x();\n' * 70
        self.assertTrue(findings('core/a.cpp', 'void f() {\n' + body + '}\n'))
        self.assertTrue(findings('tests/a.py', 'def f():\n' + '    x()\n' * 70))
        self.assertTrue(findings('scripts/a.sh', 'f() {\n' + '  x\n' * 70 + '}\n'))
        self.assertTrue(
            findings('cmake/a.cmake', 'function(f)\n' + '  x()\n' * 70 + 'endfunction()\n'))

    def test_function_at_the_cap_is_fine(self):
        self.assertEqual(findings('core/a.cpp', 'void f() {\n' + '  x();\n' * 68 + '}\n'), [])


class Lengths(unittest.TestCase):
    def test_long_line(self):
        self.assertTrue(findings('proto/a.proto', '// ' + 'x' * 98 + '\n'))
        self.assertEqual(findings('proto/a.proto', '// ' + 'x' * 97 + '\n'), [])

    def test_long_file(self):
        self.assertTrue(findings('core/a.h', '#pragma once\n' * 601))
        self.assertEqual(findings('core/a.h', '#pragma once\n' * 600), [])

    def test_rather_long_file_warns(self):
        warned = list(check.check_file('core/a.h', '#pragma once\n' * 401, {'core/a.h'}))
        self.assertEqual([fatal for _, _, fatal in warned], [False])

    def test_long_main(self):
        self.assertTrue(findings('server/main.cpp', '\n' * 61))
        self.assertEqual(findings('server/main.cpp', '\n' * 60), [])


class Bans(unittest.TestCase):
    BAD = {
        'core/a.cpp': [
            'std::this_thread::sleep_for(1s);', 'usleep(5);', 'sleep(1);', 'strcpy(a, b);',
            'sprintf(a, "x");', 'int x = rand();', 'std::regex r("x");', 'assert(n++ < 3);',
            'assert(x = 3);', 'system("ls");', 'popen("ls", "r");', '#ifdef TESTING',
            'if (testing_) {}', 'out << std::endl;', 'int n = atoi(s);', 'asio::detail::x();',
            'auto t = std::chrono::steady_clock::now();', 'int f = ::socket(1, 2, 3);'],
        'core/a.h': ['#pragma once\nusing namespace std;'],
        'tests/a.py': ['time.sleep(1)', 'run(x, shell=True)', 'os.system("ls")', 'run("pkill")'],
        'scripts/a.sh': ['sleep 5', '  sleep 0.1', 'killall limpet'],
    }
    GOOD = {
        'core/a.cpp': [
            '// sleep(1) is banned', 'auto s = "system(x)";', 'timer.sleep(1);', 'assert(a == b);',
            'assert(a <= b);', 'operand(1);', 'using namespace std;'],
        'proxy/a.cpp': ['auto t = std::chrono::steady_clock::now();', '::send(1, p, n, 0);'],
        'tests/a.py': ['# time.sleep(1)'],
        'scripts/a.sh': ['curl --retry 5 x', '# sleep 5'],
    }

    def test_bad_samples(self):
        for path, samples in self.BAD.items():
            for sample in samples:
                with self.subTest(sample):
                    self.assertEqual(len(findings(path, sample + '\n')), 1)

    def test_good_samples(self):
        for path, samples in self.GOOD.items():
            for sample in samples:
                with self.subTest(sample):
                    self.assertEqual(findings(path, sample + '\n'), [])

    def test_an_allowance_names_its_rule_and_reason(self):
        allowed = 'usleep(5);  // style: allow(sleep) the kernel gives no event for this\n'
        self.assertEqual(findings('proxy/a.cpp', allowed), [])
        self.assertTrue(findings('proxy/a.cpp', 'usleep(5);  // style: allow(rand) reason\n'))
        self.assertTrue(findings('proxy/a.cpp', 'usleep(5);  // style: allow(sleep)\n'))


class Layers(unittest.TestCase):
    BAD = [
        ('core/a.cpp', '"storage/store.h"'), ('core/a.cpp', '<boost/asio.hpp>'),
        ('core/a.cpp', '<thread>'), ('core/a.cpp', '<sys/epoll.h>'), ('core/a.cpp', '<fstream>'),
        ('core/a.cpp', '<sqlite3.h>'), ('storage/a.cpp', '"server/app.h"'),
        ('storage/a.cpp', '<boost/asio.hpp>'), ('runtime/a.cpp', '"proxy/worker.h"'),
        ('runtime/a.cpp', '<sqlite3.h>'), ('server/a.cpp', '"proxy/worker.h"'),
        ('server/a.cpp', '<sqlite3.h>'), ('server/a.cpp', '<yaml-cpp/yaml.h>'),
        ('proxy/a.cpp', '"server/publisher.h"'), ('proxy/a.cpp', '"storage/store.h"'),
        ('cli/a.cpp', '"server/app.h"'), ('cli/a.cpp', '<boost/asio.hpp>'),
        ('examples/echo/a.cpp', '"core/base/secure_hash.h"'),
        ('tests/unit/proxy/a_test.cpp', '"server/publisher.h"'),
        ('server/publisher.cpp', '<grpcpp/grpcpp.h>'),
        ('proxy/control/sync.h', '"limpet/v1/discovery.grpc.pb.h"'),
        ('proxy/a.cpp', '"worker.h"'),
    ]
    GOOD = [
        ('core/a.cpp', '"limpet/v1/resource.pb.h"'), ('core/a.cpp', '<absl/strings/str_cat.h>'),
        ('core/a.cpp', '<openssl/evp.h>'), ('core/a.cpp', '<re2/re2.h>'),
        ('storage/a.cpp', '<sqlite3.h>'), ('storage/a.cpp', '"core/snapshot/snapshot.h"'),
        ('runtime/a.cpp', '<boost/asio.hpp>'), ('server/a.cpp', '"storage/store.h"'),
        ('server/discovery_service.h', '<grpcpp/grpcpp.h>'),
        ('server/grpc_status.cpp', '<grpcpp/grpcpp.h>'), ('server/app.cpp', '<grpcpp/grpcpp.h>'),
        ('proxy/control/sync_grpc.cpp', '"limpet/v1/discovery.grpc.pb.h"'),
        ('proxy/a.cpp', '"runtime/admin.h"'), ('cli/client.cpp', '<grpcpp/grpcpp.h>'),
        ('cli/a.cpp', '<yaml-cpp/yaml.h>'),
        ('core/a.cpp', '<sys/socket.h>'),
        ('tests/unit/core/a_test.cpp', '<gtest/gtest.h>'),
        ('tests/unit/core/a_test.cpp', '<thread>'),
    ]

    def check(self, path, header):
        code = path.replace('tests/unit/', '').replace('_test.cpp', '.cpp')
        once = '#pragma once\n' if path.endswith('.h') else ''
        return findings(path, f'{once}#include {header}\n', {code})

    def test_bad_samples(self):
        for path, header in self.BAD:
            with self.subTest(f'{path} {header}'):
                self.assertTrue(self.check(path, header))

    def test_good_samples(self):
        for path, header in self.GOOD:
            with self.subTest(f'{path} {header}'):
                self.assertEqual(self.check(path, header), [])


class Tree(unittest.TestCase):
    def test_header_without_pragma_once(self):
        self.assertTrue(findings('core/a.h', 'int x;\n'))

    def test_unit_test_without_its_code(self):
        self.assertTrue(list(rules.mirror('tests/unit/core/a_test.cpp', {'core/b.h'})))
        self.assertEqual(list(rules.mirror('tests/unit/core/a_test.cpp', {'core/a.h'})), [])
        self.assertEqual(list(rules.mirror('tests/unit/core/a_test.cpp', {'core/a.cpp'})), [])
        self.assertEqual(list(rules.mirror('tests/unit/core/a_b_test.cpp', {'core/a.h'})), [])
        self.assertTrue(list(rules.mirror('tests/unit/core/a_b_test.cpp', {'core/b.h'})))

    def test_source_that_no_build_takes(self):
        self.assertTrue(list(rules.built('core/lost/a.cpp', {'core/CMakeLists.txt'})))
        self.assertEqual(list(rules.built('core/a.cpp', {'core/CMakeLists.txt'})), [])

    def test_scripts_are_known_by_their_first_line(self):
        self.assertEqual(check.kind_of('scripts/test', '#!/usr/bin/env bash\n'), '.sh')
        self.assertEqual(check.kind_of('scripts/x', '#!/usr/bin/python3\n'), '.py')
        self.assertIsNone(check.kind_of('LICENSE', 'text\n'))


if __name__ == '__main__':
    unittest.main()
