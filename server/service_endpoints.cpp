#include "server/service_endpoints.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "core/base/text.h"
#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "limpet/v1/state.pb.h"

namespace limpet {
namespace {

constexpr size_t kNamed = 20;  // endpoints in one message

std::string not_found_text(const std::vector<ServiceEndpoint>& endpoints,
                           const ServiceName& service, std::string_view text) {
  std::vector<std::string_view> names;
  for (const ServiceEndpoint& endpoint : endpoints) {
    if (names.size() == kNamed) break;
    names.push_back(endpoint.name);
  }
  std::string message = str_cat("Service ", service.first, "/", service.second,
                                " has no endpoint ", text, "; ");
  if (names.empty()) return message + "it has none";
  message += str_cat("it has ", join(names, ", "));
  const size_t more = endpoints.size() - names.size();
  return more == 0 ? message : str_cat(message, " and ", more, " more");
}

std::string_view without_brackets(std::string_view text) {
  const bool has = text.size() > 2 && text.front() == '[' && text.back() == ']';
  return has ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::vector<ServiceEndpoint> endpoints_of(const Snapshot& state, const SliceIndex& index,
                                          const ServiceName& service) {
  std::map<std::string, ServiceEndpoint> endpoints;  // by the names of their states
  const auto add = [&](const v1::Endpoint& listed, int port) {
    const std::string name = endpoint_state_name(service.second, listed, port);
    const EntryKey key{std::string(kEndpointStateKind), service.first, name};
    const EntryPtr entry = name.empty() ? nullptr : state.find(key);
    v1::EndpointState message;
    if (entry == nullptr || !message.ParseFromString(entry->bytes)) return;
    ServiceEndpoint& endpoint = endpoints[name];
    endpoint.state = key;
    endpoint.uid = message.uid();
    endpoint.name = endpoint_of_state(name);
    if (listed.addresses().empty()) return;
    const std::string& address = listed.addresses(0);
    endpoint.addresses.insert(address);
    const bool brackets = contains(address, ':');
    endpoint.places.insert(str_cat(brackets ? "[" : "", address, brackets ? "]:" : ":", port));
  };
  for (const std::string& slice_name : index.slices_of(service)) {
    const EntryPtr entry = state.find({"EndpointSlice", service.first, slice_name});
    if (entry == nullptr) continue;
    const v1::EndpointSlice slice = slice_of(*entry);
    for (const v1::Endpoint& endpoint : slice.endpoints()) {
      for (const v1::EndpointPort& port : slice.ports()) add(endpoint, port.port());
    }
  }
  std::vector<ServiceEndpoint> ordered;
  for (auto& [name, endpoint] : endpoints) ordered.push_back(std::move(endpoint));
  return ordered;
}

absl::StatusOr<std::vector<ServiceEndpoint>> find_endpoints(
    const std::vector<ServiceEndpoint>& endpoints, const ServiceName& service,
    std::string_view text) {
  const auto where = [&](const std::function<bool(const ServiceEndpoint&)>& fits) {
    std::vector<ServiceEndpoint> found;
    std::copy_if(endpoints.begin(), endpoints.end(), std::back_inserter(found), fits);
    return found;
  };
  const std::string address(without_brackets(text));
  const std::string place(text);
  std::vector<ServiceEndpoint> found =
      where([&](const ServiceEndpoint& endpoint) { return endpoint.name == text; });
  if (found.empty()) {
    found = where([&](const ServiceEndpoint& endpoint) {
      return endpoint.addresses.contains(address) || endpoint.places.contains(place);
    });
  }
  if (found.empty()) return absl::NotFoundError(not_found_text(endpoints, service, text));
  return found;
}

std::string_view endpoint_of_state(std::string_view state_name) {
  const size_t slash = state_name.find('/');
  const size_t colon = state_name.find(':', slash == std::string_view::npos ? 0 : slash);
  return colon == std::string_view::npos ? state_name : state_name.substr(colon + 1);
}

}  // namespace limpet
