// What tells requests apart where that is asked for: a balancer that hashes, a rate limit with a
// bucket for each client.
#pragma once

#include <cstdint>
#include <string>

namespace limpet {

struct HashKey {
  enum class Source : uint8_t { kClientAddress, kHeader, kCookie, kQuery };

  Source source = Source::kClientAddress;
  std::string name;  // of the header, cookie or query parameter

  friend bool operator==(const HashKey&, const HashKey&) = default;
};

}  // namespace limpet
