// How the requests to a cluster are spread over its endpoints, as its policies say. What the fields
// default to and mean to users is in docs/load-balancing.md.
//
// None of it moves a session: it decides for requests without a session, and where new ones begin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet {

enum class BalancerType : uint8_t {
  kRoundRobin,
  kLeastRequest,  // the one of two that are drawn which has fewer requests for its weight
  kHash,          // weighted rendezvous of the request's key
};

// What requests are told apart by.
struct RequestKey {
  enum class Source : uint8_t { kClientAddress, kHeader, kCookie, kQuery };
  Source source = Source::kClientAddress;
  std::string name;  // of the header, cookie or query parameter

  friend bool operator==(const RequestKey&, const RequestKey&) = default;
};

struct Balancing {
  BalancerType type = BalancerType::kRoundRobin;
  RequestKey hash;
  // Of endpoints, by name; others have 1.
  std::vector<std::pair<std::string, uint32_t>> weights;
  // How long an endpoint that was added, or has recovered, takes to come to its share. 0: no time.
  int64_t slow_start_ms = 0;
};

// When an endpoint that answers with errors is passed over. Counts are the node's.
struct OutlierSettings {
  // Answers with 5xx, or none, one after the other. 0: no endpoint is ejected.
  uint32_t consecutive_errors = 0;
  int64_t ejection_ms = 30'000;  // the first time; see kLongestEjectionMs
  uint32_t max_percent = 10;     // of the eligible endpoints; one at least, never all

  bool on() const { return consecutive_errors != 0; }
};

// What an ejection grows to, unless the first one is longer already.
inline constexpr int64_t kLongestEjectionMs = 300'000;

}  // namespace limpet
