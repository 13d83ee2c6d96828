// Resources and contexts as the server's tests need them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "limpet/v1/management.pb.h"
#include "server/context.h"

namespace limpet {

// A clock that stands still and a generator that counts.
inline ChangeContext test_context(unsigned char seed = 0) {
  ChangeContext context;
  context.now_unix_ms = 1'700'000'000'123;
  context.random = [next = seed](std::span<unsigned char> bytes) mutable {
    for (unsigned char& byte : bytes) byte = ++next;
  };
  return context;
}

inline v1::Resource service(const std::string& name, int port = 8080,
                            const std::string& ns = "server") {
  v1::Resource resource;
  v1::Service& object = *resource.mutable_service();
  object.set_api_version("v1");
  object.set_kind("Service");
  object.mutable_metadata()->set_name(name);
  object.mutable_metadata()->set_namespace_(ns);
  object.mutable_spec()->add_ports()->set_port(port);
  return resource;
}

// Endpoints are addresses ("10.0.0.1") or names with addresses ("pipy-0=10.0.0.1").
inline v1::Resource slice(const std::string& name, const std::string& service,
                          const std::vector<std::string>& endpoints,
                          const std::string& ns = "server") {
  v1::Resource resource;
  v1::EndpointSlice& object = *resource.mutable_endpoint_slice();
  object.set_api_version("discovery.k8s.io/v1");
  object.set_kind("EndpointSlice");
  object.set_address_type("IPv4");
  object.mutable_metadata()->set_name(name);
  object.mutable_metadata()->set_namespace_(ns);
  (*object.mutable_metadata()->mutable_labels())["kubernetes.io/service-name"] = service;
  for (const std::string& text : endpoints) {
    const size_t equals = text.find('=');
    v1::Endpoint& endpoint = *object.add_endpoints();
    endpoint.add_addresses(equals == std::string::npos ? text : text.substr(equals + 1));
    if (equals == std::string::npos) continue;
    endpoint.mutable_target_ref()->set_kind("Pod");
    endpoint.mutable_target_ref()->set_name(text.substr(0, equals));
  }
  v1::EndpointPort& port = *object.add_ports();
  port.set_port(8080);
  port.set_protocol("TCP");
  return resource;
}

inline v1::ApplyRequest apply_request(const std::vector<v1::Resource>& resources) {
  v1::ApplyRequest request;
  request.mutable_resources()->Assign(resources.begin(), resources.end());
  return request;
}

inline v1::DeleteRequest delete_request(const std::vector<v1::EntryKey>& keys,
                                        bool ignore_not_found = false) {
  v1::DeleteRequest request;
  request.mutable_keys()->Assign(keys.begin(), keys.end());
  request.set_ignore_not_found(ignore_not_found);
  return request;
}

}  // namespace limpet
