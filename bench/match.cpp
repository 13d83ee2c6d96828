// bench_match: what it costs to find a request's rule, and to compile a table, by the number of
// HTTPRoutes and of their hosts (NAME/ROUTES/HOSTS). The paths are prefixes, one in ten has a
// header field beside it. Match/one asks for one path of one host again and again; Match/any for
// a random one each time, of so many that the caches do not hold what has to be looked at.
// Allocations are counted. The same for hosts of regular expressions, by their number.
//   bench_match [--benchmark_filter=REGEX] [--benchmark_repetitions=N]
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/routing/compile.h"
#include "core/routing/match.h"
#include "tests/support/header_list.h"
#include "tests/support/snapshots.h"

namespace {

size_t allocations = 0;

}  // namespace

// Inlined, they look mismatched to the compiler.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace limpet {
namespace {

constexpr int kPort = 80;
constexpr size_t kRequests = 65'536;  // different ones, of a large table

std::string host(int number) { return str_cat("shop-", number, ".example.com"); }
std::string path(int number) { return str_cat("/api/v", number, "/items"); }

// The route of that number, one of so many paths of its host.
v1::HTTPRoute route(int number, int paths, int generation) {
  std::string match = str_cat("path { value: '", path(number % paths), "' } ");
  if (number % 10 == 1) match += "headers { name: 'x-version' value: '2' } ";
  return testing::from_text<v1::HTTPRoute>(str_cat(
      "metadata { name: 'r", number, "' namespace: 'n' generation: ", generation,
      " } spec { parent_refs { name: 'edge' } hostnames: '", host(number / paths),
      "' rules { matches { ", match, "} backend_refs { name: 'web' port: 80 } } }"));
}

void put(testing::SnapshotBuilder& builder, const v1::HTTPRoute& route) {
  builder.put({"HTTPRoute", "n", route.metadata().name()}, serialize(route));
}

// A cache line, so that the ones to come are there before they are asked for: what a worker reads
// has just come in, and is in the cache, too.
struct alignas(64) Request {
  char text[62];
  uint8_t host_size;
  uint8_t path_size;

  Request(const std::string& host, const std::string& path)
      : host_size(static_cast<uint8_t>(host.size())), path_size(static_cast<uint8_t>(path.size())) {
    if (host.size() + path.size() > sizeof(text)) throw std::length_error("request");
    std::memcpy(text, host.data(), host.size());
    std::memcpy(text + host.size(), path.data(), path.size());
  }
  std::string_view host_view() const { return {text, host_size}; }
  std::string_view path_view() const { return {text + host_size, path_size}; }
};

// One for all benchmarks of that size: it takes its time to be made.
struct Setup {
  Setup(int all, int hosts) : routes(all), paths(all / hosts) {
    builder.add<v1::Gateway>(
        "metadata { name: 'edge' namespace: 'n' } "
        "spec { listeners { name: 'http' port: 80 protocol: 'HTTP' } }");
    builder.add<v1::Service>("metadata { name: 'web' namespace: 'n' } spec { ports { port: 80 } }");
    for (int i = 0; i < routes; ++i) put(builder, route(i, paths, 1));
    snapshot = builder.build();
    table = compile(snapshot, nullptr).table;
    if (table == nullptr) throw std::logic_error("the table has errors");
    std::mt19937 random(7);
    for (size_t i = 0; i < kRequests; ++i) {
      const int number = static_cast<int>(random() % static_cast<unsigned>(routes));
      requests.emplace_back(host(number / paths), path(number % paths) + "/17");
    }
  }

  static Setup& of(const benchmark::State& state) {
    static std::map<std::pair<int64_t, int64_t>, std::unique_ptr<Setup>> all;
    std::unique_ptr<Setup>& found = all[{state.range(0), state.range(1)}];
    if (found == nullptr) {
      found = std::make_unique<Setup>(static_cast<int>(state.range(0)),
                                      static_cast<int>(state.range(1)));
    }
    return *found;
  }

  int routes;
  int paths;  // of each host
  testing::SnapshotBuilder builder;
  Snapshot snapshot;
  std::shared_ptr<const RoutingTable> table;
  std::vector<Request> requests;
};

void match_some(benchmark::State& state, size_t different) {
  const Setup& setup = Setup::of(state);
  const RoutingPort& port = *setup.table->ports.at(kPort);
  const testing::HeaderList headers(testing::HeaderList::Fields{
      {"accept", "*/*"}, {"x-version", "2"}, {"user-agent", "u"}});
  size_t next = 0;
  const size_t before = allocations;
  for (auto _ : state) {
    const Request& request = setup.requests[next++ % different];
    const Match found =
        match(port, {request.host_view(), request.path_view(), {}, "GET", &headers});
    if (found.rule == nullptr) return state.SkipWithError("nobody takes the request");
    benchmark::DoNotOptimize(found);
  }
  state.counters["allocations"] = benchmark::Counter(
      static_cast<double>(allocations - before), benchmark::Counter::kAvgIterations);
}

void match_one(benchmark::State& state) { match_some(state, 1); }
void match_any(benchmark::State& state) { match_some(state, kRequests); }

void compile_all(benchmark::State& state) {
  const Setup& setup = Setup::of(state);
  for (auto _ : state) benchmark::DoNotOptimize(compile(setup.snapshot, nullptr).table);
}

// One HTTPRoute is another than in the table before.
void compile_one_changed(benchmark::State& state) {
  Setup& setup = Setup::of(state);
  testing::SnapshotBuilder builder(setup.snapshot);
  put(builder, route(setup.routes / 2, setup.paths, 2));
  const Snapshot changed = builder.build();
  for (auto _ : state) benchmark::DoNotOptimize(compile(changed, setup.table.get()).table);
}

// One host, all of whose paths are regular expressions (NAME/EXPRESSIONS). `generation`: of the
// route in their middle.
void add_patterns(int all, int generation, testing::SnapshotBuilder& builder) {
  for (int i = generation == 1 ? 0 : all / 2; i < (generation == 1 ? all : all / 2 + 1); ++i) {
    put(builder, testing::from_text<v1::HTTPRoute>(str_cat(
                     "metadata { name: 'r", i, "' namespace: 'n' generation: ", generation,
                     " } spec { parent_refs { name: 'edge' } rules { matches { path { type: "
                     "'RegularExpression' value: '", path(i), "/[0-9]+' } } } }")));
  }
}

struct Patterns {
  explicit Patterns(int all) {
    builder.add<v1::Gateway>(
        "metadata { name: 'edge' namespace: 'n' } "
        "spec { listeners { name: 'http' port: 80 protocol: 'HTTP' } }");
    add_patterns(all, 1, builder);
    snapshot = builder.build();
    table = compile(snapshot, nullptr).table;
  }

  testing::SnapshotBuilder builder;
  Snapshot snapshot;
  std::shared_ptr<const RoutingTable> table;
};

void match_pattern(benchmark::State& state) {
  const auto all = static_cast<int>(state.range(0));
  const Patterns patterns(all);
  std::mt19937 random(7);
  std::vector<std::string> paths;
  for (size_t i = 0; i < 4096; ++i) {
    paths.push_back(str_cat(path(static_cast<int>(random() % static_cast<unsigned>(all))), "/17"));
  }
  size_t next = 0;
  for (auto _ : state) {
    const std::string& asked = paths[next++ % paths.size()];
    const Match found = match(*patterns.table->ports.at(kPort), {"h", asked, {}, "GET", nullptr});
    if (found.rule == nullptr) return state.SkipWithError("nobody takes the request");
    benchmark::DoNotOptimize(found);
  }
}

void compile_one_pattern_changed(benchmark::State& state) {
  const auto all = static_cast<int>(state.range(0));
  const Patterns patterns(all);
  testing::SnapshotBuilder builder(patterns.snapshot);
  add_patterns(all, 2, builder);
  const Snapshot changed = builder.build();
  for (auto _ : state) benchmark::DoNotOptimize(compile(changed, patterns.table.get()).table);
}

// Where there is but one host, nothing has to be looked up for it.
void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Args({10, 1})->Args({10, 10})->Args({1'000, 100})->Args({100'000, 10'000});
}

BENCHMARK(match_one)->Name("Match/one")->Apply(sizes);
BENCHMARK(match_any)->Name("Match/any")->Apply(sizes);
BENCHMARK(compile_all)->Name("Compile/all")->Apply(sizes)->Unit(benchmark::kMicrosecond);
BENCHMARK(compile_one_changed)
    ->Name("Compile/one changed")->Apply(sizes)->Unit(benchmark::kMicrosecond);
BENCHMARK(match_pattern)->Name("Match/pattern")->Arg(10)->Arg(100)->Arg(1'000);
BENCHMARK(compile_one_pattern_changed)
    ->Name("Compile/one pattern changed")->Arg(10)->Arg(100)->Arg(1'000)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace limpet

BENCHMARK_MAIN();
