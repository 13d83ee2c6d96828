#include "core/resource/endpoint_identity.h"

#include "core/base/secure_hash.h"
#include "core/base/text.h"

namespace limpet {

std::string_view service_of(const v1::EndpointSlice& slice) {
  const auto& labels = slice.metadata().labels();
  const auto label = labels.find("kubernetes.io/service-name");
  return label == labels.end() ? std::string_view() : std::string_view(label->second);
}

std::string_view endpoint_name(const v1::Endpoint& endpoint) {
  return endpoint.target_ref().name().empty() ? endpoint.hostname()
                                              : endpoint.target_ref().name();
}

std::string endpoint_state_name(std::string_view service, const v1::Endpoint& endpoint,
                                int port) {
  const std::string_view name = endpoint_name(endpoint);
  if (!name.empty()) return str_cat(service, "/name:", name);
  if (endpoint.addresses().empty()) return "";
  const std::string& address = endpoint.addresses(0);
  const bool brackets = address.find(':') != std::string::npos;
  return str_cat(service, "/addr:", brackets ? "[" : "", address, brackets ? "]:" : ":", port);
}

uint64_t named_endpoint_uid(std::string_view ns, std::string_view service,
                            std::string_view name) {
  return id64_of_parts({"limpet endpoint", ns, service, name});
}

}  // namespace limpet
