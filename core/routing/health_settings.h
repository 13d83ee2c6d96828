// How the nodes try a Service port's endpoints: a HealthCheckPolicy with every default applied.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace limpet {

// An answer that is good: in all that is said of it.
struct HealthMatch {
  std::vector<int> statuses;  // any of them; empty: 200 to 399
  std::string body;           // stands somewhere in the answer's first kMaxBody bytes
  std::vector<std::pair<std::string, std::string>> headers;

  friend bool operator==(const HealthMatch&, const HealthMatch&) = default;
};

struct HealthSettings {
  static constexpr size_t kMaxBody = 65'536;

  int64_t interval_ms = 5'000;   // from one try to the next
  int64_t timeout_ms = 1'000;    // of one try
  int64_t fail_timeout_ms = 0;   // an endpoint that was found down stays so at least as long
  uint32_t max_fails = 3;        // tries in a row that fail until it is down; at least 1
  uint32_t min_passes = 2;       // tries in a row that pass until it is back; at least 1
  std::string path;              // empty: a connection is enough
  std::string host;              // empty: the endpoint's address
  std::vector<HealthMatch> matches;  // any of them; empty: a status of 200 to 399

  friend bool operator==(const HealthSettings&, const HealthSettings&) = default;
};

}  // namespace limpet
