// What clients bring for a session's token. The input is taken twice. As the token's text: only
// what was sealed here opens. As what a token says, sealed by the ring's key: whatever that is, it
// opens as it was. And by neither does a request go where its rule does not lead.
#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <utility>

#include "core/base/text.h"
#include "core/sticky/decide.h"
#include "core/sticky/token.h"
#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {
namespace {

constexpr uint64_t kScope = 7;
constexpr int64_t kNow = 1'700'000'000;
constexpr StateTime kTableTime{500, 10};
constexpr std::string_view kName = "sid";
constexpr uint32_t kMintingKey = 2'000;

RingKey key_of(uint32_t id, unsigned char fill) {
  RingKey key;
  key.id = id;
  key.secret.fill(fill);
  return key;
}

KeyRing ring_of(std::vector<RingKey> keys) {
  KeyRing ring;
  ring.minting_id = keys.back().id;
  ring.keys = std::move(keys);
  return ring;
}

// The nodes'.
const KeyRing& ring() {
  static const KeyRing made = ring_of({key_of(1'000, 'a'), key_of(kMintingKey, 'b')});
  return made;
}

TokenCodec codec_of_node(uint32_t node) {
  return TokenCodec(node, [random = std::mt19937(node)](std::span<unsigned char> bytes) mutable {
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random());
  });
}

// ---- A rule with two backends

// By their uids: those of 10, 20 ... take nothing new, those of 5, 15 ... serve nobody.
Cluster cluster_of(uint64_t id, const std::vector<uint64_t>& uids) {
  Cluster cluster;
  cluster.id = id;
  for (const uint64_t uid : uids) {
    Endpoint endpoint;
    endpoint.uid = uid;
    endpoint.serves_sessions = uid % 10 != 5;
    endpoint.takes_new = uid % 5 != 0;
    if (endpoint.takes_new) {
      cluster.eligible.push_back(static_cast<uint32_t>(cluster.endpoints.size()));
    }
    cluster.endpoints.push_back(std::move(endpoint));
  }
  return cluster;
}

class Rule {
 public:
  StickyDecision decide_for(const OpenResult& token, const StickyPolicy& policy) const {
    const StickyBackend backends[] = {{&one_, 1}, {&two_, 0}, {}};
    return decide({kScope, backends, &policy}, token, 99, kTableTime, kNow);
  }
  bool leads_to(const Cluster* cluster, const Endpoint* endpoint) const {
    if (cluster != &one_ && cluster != &two_) return false;
    return std::ranges::any_of(cluster->endpoints,
                               [&](const Endpoint& one) { return &one == endpoint; });
  }

 private:
  const Cluster one_ = cluster_of(1, {10, 11, 12, 15});
  const Cluster two_ = cluster_of(2, {21});
};

void check_decision(const OpenResult& token) {
  static const Rule rule;
  StickyPolicy policy;
  for (const OnUnavailable unavailable :
       {OnUnavailable::kRebind, OnUnavailable::kRebindTemporarily, OnUnavailable::kReject}) {
    policy.on_unavailable = unavailable;
    policy.idle_s = unavailable == OnUnavailable::kRebind ? 60 : 0;
    const StickyDecision decision = rule.decide_for(token, policy);
    if (decision.endpoint == nullptr) {
      require(decision.reason != StickyReason::kHit, "who stays has an endpoint");
      continue;
    }
    require(rule.leads_to(decision.cluster, decision.endpoint), "no endpoint outside of the rule");
    require(decision.endpoint->serves_sessions, "no endpoint that serves nobody");
    require(!decision.refuse, "who is refused goes nowhere");
    if (token.status != OpenStatus::kOk) {
      require(token.status == OpenStatus::kAhead, "what does not open names no endpoint");
      require(decision.endpoint->takes_new, "nor, where it is ranked, one of its own");
    } else if (decision.reason == StickyReason::kHit) {
      const Binding* binding = token.record.find(kScope);
      require(binding != nullptr && (binding->endpoint == decision.endpoint->uid ||
                                     binding->temporary == decision.endpoint->uid),
              "who stays is where its token says");
    }
  }
}

// ---- Tokens that there are

struct Sealed {
  TokenPurpose purpose;
  std::string name;
  SessionRecord record;
  std::string text;
};

Binding binding_at(uint64_t scope, uint64_t backend, uint64_t endpoint, uint64_t temporary) {
  Binding binding;
  binding.scope = scope;
  binding.backend = backend;
  binding.endpoint = endpoint;
  binding.temporary = temporary;
  binding.created_unix_s = binding.last_seen_unix_s = static_cast<uint32_t>(kNow - 10);
  binding.decided_at = kTableTime;
  return binding;
}

std::vector<Sealed> seal_some() {
  std::vector<SessionRecord> records(4);
  for (size_t i = 0; i < records.size(); ++i) records[i] = SessionRecord(100 + i);
  records[1].put(binding_at(kScope, 1, 11, 0));
  records[2].put(binding_at(kScope, 1, 15, 21));
  for (uint64_t i = 0; i < SessionRecord::kMaxBindings; ++i) {
    records[3].put(binding_at(kScope + i, 1, 10 + i, 0));
  }
  TokenCodec one = codec_of_node(1);
  TokenCodec two = codec_of_node(2);
  const KeyRing other_rings[] = {
      ring_of({key_of(1'000, 'a')}),        // opens here, too
      ring_of({key_of(kMintingKey, 'x')}),  // of another cluster, by the same number
      ring_of({key_of(500, 'a')}),          // gone
      ring_of({key_of(3'000, 'a')}),        // to come
  };
  std::vector<Sealed> all;
  const auto add = [&](TokenCodec& codec, const KeyRing& keys, TokenPurpose purpose,
                       std::string_view name, const SessionRecord& record) {
    all.push_back({purpose, std::string(name), record, codec.seal(record, keys, purpose, name)});
  };
  for (const SessionRecord& record : records) {
    add(one, ring(), TokenPurpose::kCookie, kName, record);
    add(two, ring(), TokenPurpose::kCookie, kName, record);
    add(one, ring(), TokenPurpose::kHeader, kName, record);
    add(one, ring(), TokenPurpose::kCookie, "other", record);
  }
  for (const KeyRing& keys : other_rings) {
    add(one, keys, TokenPurpose::kCookie, kName, records[1]);
  }
  return all;
}

const std::vector<Sealed>& sealed() {
  static const std::vector<Sealed> all = seal_some();
  return all;
}

bool same_record(const SessionRecord& a, const SessionRecord& b) {
  return a.session_id() == b.session_id() && std::ranges::equal(a.bindings(), b.bindings());
}

// ---- What is checked

void check_text(std::string_view text) {
  static TokenCodec codec = codec_of_node(3);
  static std::unique_ptr<TokenMemo> memo;
  const OpenResult result = codec.open(text, ring(), TokenPurpose::kCookie, kName);
  if (result.status == OpenStatus::kOk) {
    const auto made = [&](const Sealed& token) {
      return token.purpose == TokenPurpose::kCookie && token.name == kName &&
             same_record(token.record, result.record);
    };
    require(std::ranges::any_of(sealed(), made), "what opens was sealed here");
  }
  const OpenResult again = codec.open(text, ring(), TokenPurpose::kCookie, kName, memo);
  require(again.status == result.status && same_record(again.record, result.record),
          "a connection's last token makes no difference");
  check_decision(result);
}

// Takes numbers off an input's front; zeros, when it is used up.
class Numbers {
 public:
  explicit Numbers(std::string_view input) : input_(input) {}

  bool empty() const { return input_.empty(); }
  template <size_t size>
  uint64_t take() {
    uint64_t number = 0;
    const size_t taken = std::min(size, input_.size());
    for (size_t i = 0; i < taken; ++i) {
      number |= uint64_t{static_cast<unsigned char>(input_[i])} << (8 * i);
    }
    input_.remove_prefix(taken);
    return number;
  }
  // Small ones, which there are, as often as any.
  uint64_t take_id() {
    const uint64_t first = take<1>();
    return first < 32 ? first : first % 2 == 0 ? first / 8 : take<8>();
  }
  uint32_t take_time() {
    return static_cast<uint32_t>(take<1>() % 2 == 0 ? kNow - 256 + static_cast<int64_t>(take<2>())
                                                    : static_cast<int64_t>(take<4>()));
  }

 private:
  std::string_view input_;
};

SessionRecord record_of(std::string_view input) {
  Numbers numbers(input);
  SessionRecord record(numbers.take<8>());
  while (!numbers.empty()) {
    Binding binding;
    binding.scope = numbers.take_id();
    binding.backend = numbers.take_id();
    binding.endpoint = numbers.take_id();
    binding.temporary = numbers.take_id();
    binding.created_unix_s = numbers.take_time();
    binding.last_seen_unix_s = numbers.take_time();
    const bool near = numbers.take<1>() % 2 == 0;
    binding.decided_at = near ? StateTime{500, numbers.take<1>() % 16}
                              : StateTime{numbers.take<5>(), numbers.take<5>()};
    record.put(binding);
  }
  return record;
}

void check_record(std::string_view input) {
  static TokenCodec codec = codec_of_node(4);
  const SessionRecord record = record_of(input);
  const std::string text = codec.seal(record, ring(), TokenPurpose::kCookie, kName);
  require(!text.empty() && text.size() <= kMaxTokenChars, "a token is of bounded size");
  require(has_token_form(text), "and has a token's form");
  const OpenResult result = codec.open(text, ring(), TokenPurpose::kCookie, kName);
  require(result.status == OpenStatus::kOk && same_record(result.record, record),
          "what is sealed opens as it was");
  check_decision(result);
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> texts;
  for (const Sealed& token : sealed()) texts.push_back(token.text);
  // What tokens say: a session without a place, one at endpoint 11, one that is behind.
  texts.push_back("session1");
  texts.push_back(std::string("session1\x07\x01\x0B\x00\x00\xF6\x00\x00\xF6\x00\x00\x0A", 20));
  texts.push_back(std::string("session1\x07\x01\x0F\x15\x00\xF6\x00\x00\xF6\x00\x00\x0F", 20));
  return texts;
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet::fuzz;
  const std::string_view input = text_of(data, size);
  check_text(input);
  check_record(input);
  return 0;
}
