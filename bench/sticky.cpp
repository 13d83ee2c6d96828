// bench_sticky: what the sticky decision alone costs, in nanoseconds of CPU, without sockets: to
// find the session's cookie in a request, to open its token, to decide, to seal the token of an
// answer, and all that comes before a request is passed on (Pick::start). Tokens are of sessions
// with one place, or with eight, which is all that they have room for. Reports; asserts nothing but
// that each measured call does what its name says.
//   bench_sticky [ROUNDS]
// A row has the median of the rounds, the least and the greatest.
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <absl/strings/numbers.h>
#include <fmt/core.h>
#include <openssl/rand.h>

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
constexpr int64_t kRoundNs = 20'000'000;
// The clock is asked once for so many calls: it takes longer than the shortest of them.
constexpr int kBatch = 1024;

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

// As a worker's: a seal's share of RAND_bytes is a part of what it costs.
void fill_random(std::span<unsigned char> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::bad_alloc();
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

// CPU time: whoever else uses the machine takes none of it.
int64_t thread_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

template <typename Call>
double round_ns(Call&& call) {
  const int64_t began = thread_ns();
  int64_t calls = 0;
  int64_t taken = 0;
  while (taken < kRoundNs) {
    for (int i = 0; i < kBatch; ++i) call();
    calls += kBatch;
    taken = thread_ns() - began;
  }
  return static_cast<double>(taken) / static_cast<double>(calls);
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
        codec_(1, fill_random),
        rule_(*match(*table_->ports.at(kPort), {"shop.example.com", "/"}).rule),
        cluster_(*table_->find(*rule_.backends.front().cluster)),
        backends_{{&cluster_.cluster, 1}},
        scope_{rule_.scope, backends_, &*cluster_.policy} {
    record_ = record_at(cluster_.cluster.endpoints[cluster_.cluster.endpoints.size() / 2].uid);
    token_ = seal(record_);
    gone_ = open(seal(record_at(1)));
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
    run_token(rounds, "one place", record_);
    SessionRecord full = record_;
    for (uint64_t i = 1; i < SessionRecord::kMaxBindings; ++i) {
      Binding binding = record_.bindings().front();
      binding.scope += i;
      full.put(binding);
    }
    run_token(rounds, "eight places", full);
    run_decision(rounds);
    run_all(rounds);
  }

 private:
  void run_token(int rounds, std::string_view places, const SessionRecord& record) {
    const std::string token = seal(record);
    require(open(token).record.bindings().size() == record.bindings().size(), "a token");
    measure(rounds, fmt::format("open the token, {}", places), endpoints_, [&] {
      const OpenResult result = open(token);
      keep(&result);
    });
    std::unique_ptr<TokenMemo> memo;
    const std::string again = fmt::format("the connection opened it before, {}", places);
    measure(rounds, again, endpoints_, [&] {
      const OpenResult result =
          codec_.open(token, table_->keys, TokenPurpose::kCookie, "sid", memo);
      keep(&result);
    });
    measure(rounds, fmt::format("seal a token, {}", places), endpoints_, [&] {
      const std::string sealed = seal(record);
      keep(sealed.data());
    });
  }

  void run_decision(int rounds) {
    const OpenResult token = open(token_);
    require(decide_for(token).reason == StickyReason::kHit, "a hit");
    measure(rounds, "decide: its endpoint is there", endpoints_,
            [&] { keep(decide_for(token).endpoint); });
    require(decide_for(gone_).reason == StickyReason::kGone, "a gone endpoint");
    measure(rounds, "decide: its endpoint is gone", endpoints_,
            [&] { keep(decide_for(gone_).endpoint); });
  }

  void run_all(int rounds) {
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

  SessionRecord record_at(uint64_t endpoint) const {
    Binding binding;
    binding.scope = rule_.scope;
    binding.backend = cluster_.cluster.id;
    binding.endpoint = endpoint;
    binding.created_unix_s = binding.last_seen_unix_s = static_cast<uint32_t>(kNow - 10);
    binding.decided_at = table_->time();
    SessionRecord record(42);
    record.put(binding);
    return record;
  }
  std::string seal(const SessionRecord& record) {
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
  SessionRecord record_;
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
  for (const int endpoints : {3, 300}) limpet::Subject(endpoints).run(rounds);
}
