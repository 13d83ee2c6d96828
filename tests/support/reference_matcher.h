// Which rule takes a request, written straight from the Gateway API's words, over the messages
// themselves: slow, and with nothing clever in it. core/routing/match.h has to say the same.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "limpet/v1/resource.pb.h"

namespace limpet::testing {

struct ReferenceRequest {
  int port = 80;
  std::string host;
  std::string path;
  std::string query;
  std::string method;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Listeners are those of protocol HTTP.
struct ReferenceObjects {
  std::vector<v1::Gateway> gateways;
  std::vector<v1::HTTPRoute> routes;
  std::vector<v1::Namespace> namespaces;
};

struct ReferenceMatch {
  std::string listener;  // "namespace/gateway/listener"; empty: none takes the host
  std::string rule;      // as RouteRule::name has it; empty: none takes the request

  bool operator==(const ReferenceMatch&) const = default;
};

ReferenceMatch reference_match(const ReferenceObjects& objects, const ReferenceRequest& request);

}  // namespace limpet::testing
