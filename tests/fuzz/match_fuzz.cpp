// The matcher over a compiled table against a reference that compiles nothing. A small world is
// drawn from the input; then it is changed several times, and compiled from the table before. Each
// request has to fall under the same listener and rule by the table, by its explanation, by a table
// that was compiled anew, and by the words of the specification.
#include <memory>

#include "core/routing/compile.h"
#include "core/routing/explain.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/match_world.h"
#include "tests/support/header_list.h"

namespace limpet::fuzz {
namespace {

using testing::ReferenceMatch;
using testing::ReferenceObjects;
using testing::ReferenceRequest;
using Table = std::shared_ptr<const RoutingTable>;

constexpr int kRequests = 24;  // to each state of the world

// Whether requests find rules at all, told at the end.
struct Tally {
  uint64_t requests = 0;
  uint64_t without_listener = 0;
  uint64_t without_rule = 0;
  uint64_t incremental = 0;

  ~Tally() {
    const auto number = [](uint64_t count) { return static_cast<unsigned long long>(count); };
    std::printf("%llu requests, %llu of them to tables compiled from the one before; "
                "%llu without a listener, %llu without a rule\n",
                number(requests), number(incremental), number(without_listener),
                number(without_rule));
  }
};
Tally tally;

ReferenceMatch match_by(const RoutingTable& table, const ReferenceRequest& request) {
  ReferenceMatch found;
  const auto port = table.ports.find(static_cast<uint16_t>(request.port));
  if (port == table.ports.end()) return found;
  const testing::HeaderList headers(request.headers);
  const RoutedRequest routed{request.host, request.path, request.query, request.method, &headers};
  const Match by_table = match(*port->second, routed);
  if (by_table.listener != nullptr) {
    found.listener = by_table.listener->gateway + "/" + by_table.listener->name;
  }
  if (by_table.rule != nullptr) found.rule = by_table.rule->name;
  require(explain(*port->second, routed).rule == by_table.rule,
          "what is explained is what is done");
  return found;
}

std::string describe(const ReferenceMatch& match) {
  return str_cat("listener \"", match.listener, "\", rule \"", match.rule, "\"");
}

void require_same(const MatchWorld& world, const ReferenceRequest& request, const char* by,
                  const ReferenceMatch& found, const ReferenceMatch& expected) {
  if (found == expected) return;
  std::fprintf(stderr, "%s%sfalls, by %s, under %s,\nand should under %s\n", world.text().c_str(),
               text_of(request).c_str(), by, describe(found).c_str(), describe(expected).c_str());
  std::abort();
}

// `moved`: compiled from the table before; may be null.
void compare(Source& from, const MatchWorld& world, const RoutingTable& fresh,
             const RoutingTable* moved) {
  const ReferenceObjects objects = world.objects();
  for (int i = 0; i < kRequests; ++i) {
    const ReferenceRequest request = draw_request(from);
    const ReferenceMatch expected = reference_match(objects, request);
    require_same(world, request, "a table compiled anew", match_by(fresh, request), expected);
    if (moved != nullptr) {
      require_same(world, request, "a table compiled from the one before",
                   match_by(*moved, request), expected);
    }
    ++tally.requests;
    tally.incremental += moved == nullptr ? 0 : 1;
    tally.without_listener += expected.listener.empty() ? 1 : 0;
    tally.without_rule += !expected.listener.empty() && expected.rule.empty() ? 1 : 0;
  }
}

Table compiled(const Snapshot& snapshot, const RoutingTable* previous) {
  Table table = compile(snapshot, previous).table;
  require(table != nullptr, "the world compiles");
  return table;
}

}  // namespace

// Nothing in them is better than in others.
std::vector<std::string> seeds() {
  std::vector<std::string> seeds;
  uint32_t state = 1;
  for (int i = 0; i < 64; ++i) {
    std::string seed;
    for (int byte = 0; byte < 200; ++byte) {
      state = state * 1'664'525 + 1'013'904'223;
      seed.push_back(static_cast<char>(state >> 24));
    }
    seeds.push_back(std::move(seed));
  }
  return seeds;
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  fuzz::Source from(data, size);
  fuzz::MatchWorld world(from);
  Snapshot snapshot = world.build();
  fuzz::Table table = fuzz::compiled(snapshot, nullptr);
  fuzz::compare(from, world, *table, nullptr);
  for (size_t steps = 1 + from.below(4); steps > 0; --steps) {
    for (size_t changes = 1 + from.below(3); changes > 0; --changes) world.change(from);
    snapshot = world.build();
    table = fuzz::compiled(snapshot, table.get());
    fuzz::compare(from, world, *fuzz::compiled(snapshot, nullptr), table.get());
  }
  return 0;
}
