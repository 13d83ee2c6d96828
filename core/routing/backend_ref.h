// What an HTTPRoute refers to as a backend: in its rules, and in filters that mirror requests.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "core/routing/cluster_ref.h"
#include "core/routing/reference_grants.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// A reference, whichever message has it; which must outlive it.
struct BackendRef {
  // NOLINTNEXTLINE(google-explicit-constructor)
  BackendRef(const v1::HTTPBackendRef& ref) { read(ref); }
  // NOLINTNEXTLINE(google-explicit-constructor)
  BackendRef(const v1::BackendObjectReference& ref) { read(ref); }

  std::string_view group;
  std::string_view kind;
  std::string_view ns;  // empty: the route's own
  std::string_view name;
  int port = 0;  // 0: none

  // Gateway API: group "" and kind Service by default.
  bool is_service() const { return group.empty() && kind == "Service"; }

 private:
  template <typename Message>
  void read(const Message& ref) {
    group = ref.group();
    kind = ref.has_kind() ? std::string_view(ref.kind()) : std::string_view("Service");
    ns = ref.namespace_();
    name = ref.name();
    port = ref.port();
  }
};

// Calls visit(ref) for each that the filters, the rule or the route has.
template <typename Visit>
void for_each_mirror(const google::protobuf::RepeatedPtrField<v1::HTTPRouteFilter>& filters,
                     Visit&& visit) {
  for (const v1::HTTPRouteFilter& filter : filters) {
    if (filter.has_request_mirror()) visit(BackendRef(filter.request_mirror().backend_ref()));
  }
}
template <typename Visit>
void for_each_backend(const v1::HTTPRouteRule& rule, Visit&& visit) {
  for (const v1::HTTPBackendRef& ref : rule.backend_refs()) {
    visit(BackendRef(ref));
    for_each_mirror(ref.filters(), visit);
  }
  for_each_mirror(rule.filters(), visit);
}
template <typename Visit>
void for_each_backend(const v1::HTTPRoute& route, Visit&& visit) {
  for (const v1::HTTPRouteRule& rule : route.spec().rules()) for_each_backend(rule, visit);
}

// Why a reference leads nowhere, whatever Services there are.
enum class RefProblem { kNone, kInvalidKind, kRefNotPermitted, kNoPort };
RefProblem check_backend(const v1::HTTPRoute& route, const BackendRef& ref,
                         const ReferenceGrants& grants);

// The Service that the reference names, in whatever namespace, and the cluster of its port.
// Requires: it is to a Service.
EntryKey backend_service(const v1::HTTPRoute& route, const BackendRef& ref);
ClusterRef backend_cluster(const v1::HTTPRoute& route, const BackendRef& ref);

// The namespaces but its own that the route refers into.
std::set<std::string> foreign_namespaces(const v1::HTTPRoute& route);

// Whether all that the route refers to is permitted alike.
bool permit_alike(const ReferenceGrants& a, const ReferenceGrants& b, const v1::HTTPRoute& route);

}  // namespace limpet
