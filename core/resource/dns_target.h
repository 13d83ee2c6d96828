// A Service whose endpoints come from DNS (docs/dns.md), and the EndpointSlices that the server
// makes of the answers.
//
// Such a slice is state: it follows from the Service and from DNS, and nobody else writes it. It
// is known by a label, and says in an annotation which name its addresses were given for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "limpet/v1/resource.pb.h"

namespace limpet {

// Annotations of a Service.
inline constexpr std::string_view kResolveAnnotation = "limpet.dev/resolve";
inline constexpr std::string_view kResolveIntervalAnnotation = "limpet.dev/resolve-interval";
// The label of a generated slice, and its value; the annotation that holds the name.
inline constexpr std::string_view kManagedByLabel = "endpointslice.kubernetes.io/managed-by";
inline constexpr std::string_view kManagedByDns = "limpet-dns";
inline constexpr std::string_view kResolvedNameAnnotation = "limpet.dev/resolved-name";

inline constexpr int64_t kDefaultResolveIntervalMs = 5'000;
inline constexpr int64_t kMinResolveIntervalMs = 1'000;
inline constexpr int64_t kMaxResolveIntervalMs = 3'600'000;

struct DnsTarget {
  std::string name;                                 // in lower case, without a dot at its end
  int64_t interval_ms = kDefaultResolveIntervalMs;  // the longest time between two questions

  friend bool operator==(const DnsTarget&, const DnsTarget&) = default;
};

// Nothing for a Service whose endpoints are written, and for one without ports, to which nothing
// is routed. Requires: the Service is valid.
std::optional<DnsTarget> dns_target(const v1::Service& service);

// "10s", "1m30s"; nothing when it is none, or out of the bounds above.
std::optional<int64_t> parse_resolve_interval(std::string_view text);

// The ports of the Service's generated slices: targetPort, which is the port where it is not set.
std::vector<v1::EndpointPort> dns_ports(const v1::Service& service);

bool is_generated(const v1::ObjectMeta& metadata);

// The value of a label or annotation; empty when there is none.
std::string_view find_value(const google::protobuf::Map<std::string, std::string>& map,
                            std::string_view key);

}  // namespace limpet
