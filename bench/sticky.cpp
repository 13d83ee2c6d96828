// bench_sticky: what the sticky decision alone costs, in nanoseconds, without sockets: to find the
// session's cookie in a request, to open its token, to decide, and all of it as a request has it
// (Pick::start). Reports; asserts nothing but that each measured call does what its name says.
//   bench_sticky [ROUNDS]
// A row has the median of the rounds, the least and the greatest.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <absl/strings/numbers.h>
#include <fmt/core.h>

#include "core/routing/compile.h"
#include "core/routing/match.h"
#include "core/sticky/decide.h"
#include "core/sticky/token.h"
#include "proxy/http/cookie.h"
#include "proxy/http/head.h"
#include "proxy/pick.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

constexpr uint16_t kPort = 8000;
constexpr int64_t kNow = 1'700'000'000;
constexpr int kDefaultRounds = 15;
constexpr int kMaxRounds = 1000;
constexpr std::chrono::milliseconds kRound{20};
// The clock is asked once for so many calls.
constexpr int kBatch = 64;

// Of as many endpoints as asked for, with a session policy.
std::shared_ptr<const RoutingTable> table_of(int endpoints) {
  testing::SnapshotBuilder builder = testing::web_snapshot(kPort, {}, 8080);
  builder.add<v1::SessionStickyPolicy>(testing::kStickyPolicyText);
  std::string slice =
      "metadata { name: 'web-1' namespace: 'shop' "
      "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
      "ports { port: 8080 } ";
  for (int i = 0; i < endpoints; ++i) {
    slice += fmt::format("endpoints {{ addresses: '10.0.{}.{}' }} ", i / 250, i % 250 + 1);
  }
  builder.add<v1::EndpointSlice>(slice);
  CompileResult result = compile(builder.build(), nullptr);
  if (!result.errors.empty()) throw std::logic_error("the table has errors");
  return result.table;
}

TokenCodec codec_of_node(uint32_t node) {
  return TokenCodec(node, [random = std::mt19937(node)](std::span<unsigned char> bytes) mutable {
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random());
  });
}

// A request as a browser sends it, with the cookies of a few others around the session's.
std::string request_with(std::string_view token) {
  return fmt::format(
      "GET /shop/items?page=2 HTTP/1.1\r\n"
      "Host: shop.example.com\r\n"
      "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
      "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
      "Accept-Language: en-US,en;q=0.5\r\n"
      "Accept-Encoding: gzip, deflate, br\r\n"
      "Cookie: theme=dark; _ga=GA1.2.1234567890.1700000000; sid={}; consent=all\r\n"
      "Connection: keep-alive\r\n\r\n",
      token);
}

void keep(const void* value) { asm volatile("" : : "g"(value) : "memory"); }

template <typename Call>
double round_ns(Call&& call) {
  const auto began = std::chrono::steady_clock::now();
  int64_t calls = 0;
  std::chrono::nanoseconds taken{0};
  while (taken < kRound) {
    for (int i = 0; i < kBatch; ++i) call();
    calls += kBatch;
    taken = std::chrono::steady_clock::now() - began;
  }
  return static_cast<double>(taken.count()) / static_cast<double>(calls);
}

template <typename Call>
void measure(int rounds, std::string_view name, int endpoints, Call&& call) {
  round_ns(call);  // warms caches and the ciphers up
  std::vector<double> runs;
  for (int i = 0; i < rounds; ++i) runs.push_back(round_ns(call));
  std::sort(runs.begin(), runs.end());
  fmt::print("| {} | {} | {:.0f} ({:.0f} to {:.0f}) |\n", name, endpoints, runs[runs.size() / 2],
             runs.front(), runs.back());
}

void require(bool holds, std::string_view what) {
  if (!holds)
    throw std::logic_error("bench_sticky does not measure what it says: " + std::string(what));
}

// One table with one session on it, and one whose endpoint is no longer listed.
class Subject {
 public:
  explicit Subject(int endpoints)
      : endpoints_(endpoints),
        table_(table_of(endpoints)),
        codec_(codec_of_node(1)),
        rule_(*match(*table_->ports.at(kPort), {"shop.example.com", "/"}).rule),
        cluster_(*table_->find(*rule_.backends.front().cluster)),
        backends_{{&cluster_.cluster, 1}},
        scope_{rule_.scope, backends_, &*cluster_.policy} {
    token_ = seal(cluster_.cluster.endpoints[cluster_.cluster.endpoints.size() / 2].uid);
    gone_ = open(seal(1));
    request_ = request_with(token_);
    const auto error = http::parse_request_head(request_, {}, head_);
    require(error == http::ParseError::kNone, "the request");
  }

  void run(int rounds) {
    measure(rounds, "find the cookie", endpoints_, [&] {
      http::visit_cookies(head_, "sid", [](std::string_view value) {
        keep(value.data());
        return true;
      });
    });
    measure(rounds, "open the token", endpoints_, [&] {
      const OpenResult result = open(token_);
      keep(&result);
    });
    const OpenResult token = open(token_);
    require(decide_for(token).reason == StickyReason::kHit, "a hit");
    measure(rounds, "decide: its endpoint is there", endpoints_,
            [&] { keep(decide_for(token).endpoint); });
    require(decide_for(gone_).reason == StickyReason::kGone, "a gone endpoint");
    measure(rounds, "decide: its endpoint is gone", endpoints_,
            [&] { keep(decide_for(gone_).endpoint); });
    const Forwarding forwarding;
    const SocketAddress peer = *SocketAddress::parse("192.0.2.1", 4711);
    const http::Requester requester{head_, peer, "192.0.2.1", forwarding};
    std::unique_ptr<TokenMemo> memo;
    const auto start = [&] {
      Pick pick;
      const bool started = !pick.start(*table_, rule_, requester, codec_, memo, kNow);
      keep(&pick);
      return started;
    };
    require(start(), "Pick::start");
    measure(rounds, "all, with the connection's last token", endpoints_, start);
    measure(rounds, "all, with another token", endpoints_, [&] {
      memo.reset();
      start();
    });
  }

 private:
  std::string seal(uint64_t endpoint) {
    Binding binding;
    binding.scope = rule_.scope;
    binding.backend = cluster_.cluster.id;
    binding.endpoint = endpoint;
    binding.created_unix_s = binding.last_seen_unix_s = static_cast<uint32_t>(kNow - 10);
    binding.decided_at = table_->time();
    SessionRecord record(42);
    record.put(binding);
    return codec_.seal(record, table_->keys, TokenPurpose::kCookie, "sid");
  }
  OpenResult open(std::string_view token) {
    return codec_.open(token, table_->keys, TokenPurpose::kCookie, "sid");
  }
  StickyDecision decide_for(const OpenResult& token) const {
    return decide(scope_, token, 0, table_->time(), kNow);
  }

  const int endpoints_;
  const std::shared_ptr<const RoutingTable> table_;
  TokenCodec codec_;
  const RouteRule& rule_;
  const RoutingCluster& cluster_;
  const std::vector<StickyBackend> backends_;
  const StickyScope scope_;
  std::string token_;
  OpenResult gone_;
  std::string request_;
  http::RequestHead head_;
};

}  // namespace
}  // namespace limpet

int main(int argc, char** argv) {
  int rounds = limpet::kDefaultRounds;
  if (argc > 2 || (argc == 2 && !absl::SimpleAtoi(argv[1], &rounds)) || rounds < 1 ||
      rounds > limpet::kMaxRounds) {
    fmt::print(stderr, "usage: bench_sticky [ROUNDS] (1 to {})\n", limpet::kMaxRounds);
    return 2;
  }
  fmt::print("| step | endpoints | ns |\n| --- | --- | --- |\n");
  for (const int endpoints : {4, 1000}) limpet::Subject(endpoints).run(rounds);
}
