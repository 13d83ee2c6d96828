// What DNS says of one name, family by family, and what is made of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/resource/condition.h"

namespace limpet {

// Of the addresses of one family, so many are used: the first ones in their order, which is the
// same at every time.
inline constexpr size_t kMaxDnsAddresses = 256;

enum class DnsFamily { kV4, kV6 };

// The answer to one question. A resolver that lies is one that fails: what is not an answer to the
// question is none.
struct DnsAnswer {
  enum class Kind {
    kAddresses,  // at least one
    kNone,       // there is no such name, or it has no addresses of this family
    kFailed,     // nobody answered, or not to the question
  };
  Kind kind = Kind::kFailed;
  std::vector<std::string> addresses;  // ordered, each once
  int64_t ttl_ms = 0;                  // with addresses
  std::string problem;                 // without: what is wrong, in words
};

// The answers to both questions for a name.
struct DnsRound {
  DnsAnswer v4;
  DnsAnswer v6;
};

struct DnsAddresses {
  std::vector<std::string> v4;
  std::vector<std::string> v6;

  size_t size() const { return v4.size() + v6.size(); }
  friend bool operator==(const DnsAddresses&, const DnsAddresses&) = default;
};

// What a name's addresses are after a round, and what is told of it.
struct DnsResult {
  DnsAddresses addresses;
  bool good = false;   // the round gave addresses; else they are the last ones
  int64_t ttl_ms = 0;  // of the answers, when good
  Verdict verdict;     // of the condition Resolved
};

// A family whose question failed keeps its last addresses. A round that gives no address at all
// changes nothing: an answer that a name is not there any more takes no endpoint away, as it
// cannot be told from a resolver's mistake, and what is really gone cannot be reached anyway.
DnsResult merge_answers(std::string_view name, const DnsAddresses& last, const DnsRound& round);

}  // namespace limpet
