#include "core/routing/backend_ref.h"

#include "core/routing/compile_cluster.h"
#include "core/routing/routing_table.h"

namespace limpet {
namespace {

bool permits(const ReferenceGrants& grants, const v1::HTTPRoute& route, const BackendRef& ref) {
  return grants.permits({"HTTPRoute", route.metadata().namespace_()}, backend_service(route, ref));
}

}  // namespace

// A Service of another namespace needs a ReferenceGrant there.
RefProblem check_backend(const v1::HTTPRoute& route, const BackendRef& ref,
                         const ReferenceGrants& grants) {
  if (!ref.is_service()) return RefProblem::kInvalidKind;
  if (!permits(grants, route, ref)) return RefProblem::kRefNotPermitted;
  return ref.port == 0 ? RefProblem::kNoPort : RefProblem::kNone;
}

EntryKey backend_service(const v1::HTTPRoute& route, const BackendRef& ref) {
  return {"Service", ref.ns.empty() ? route.metadata().namespace_() : std::string(ref.ns),
          std::string(ref.name)};
}

ClusterRef backend_cluster(const v1::HTTPRoute& route, const BackendRef& ref) {
  ClusterRef cluster;
  const EntryKey service = backend_service(route, ref);
  cluster.name = cluster_name(service.ns, service.name, ref.port);
  cluster.hash = decltype(RoutingTable::clusters)::hash_of(cluster.name);
  return cluster;
}

std::set<std::string> foreign_namespaces(const v1::HTTPRoute& route) {
  std::set<std::string> namespaces;
  for_each_backend(route, [&](const BackendRef& ref) {
    if (ref.is_service() && !ref.ns.empty()) namespaces.emplace(ref.ns);
  });
  namespaces.erase(route.metadata().namespace_());
  return namespaces;
}

bool permit_alike(const ReferenceGrants& a, const ReferenceGrants& b, const v1::HTTPRoute& route) {
  bool alike = true;
  for_each_backend(route, [&](const BackendRef& ref) {
    alike = alike && (!ref.is_service() || permits(a, route, ref) == permits(b, route, ref));
  });
  return alike;
}

}  // namespace limpet
