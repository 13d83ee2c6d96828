#include "cli/output/grant_text.h"

#include <set>
#include <vector>

#include "core/base/text.h"
#include "core/resource/object.h"
#include "core/routing/backend_ref.h"
#include "core/routing/reference_grants.h"
#include "core/routing/secret_reference.h"

namespace limpet::cli {
namespace {

std::set<EntryKey> references_of(const v1::Resource& object) {
  std::set<EntryKey> references;
  for (const v1::Listener& listener : object.gateway().spec().listeners()) {
    references.merge(secrets_of(listener, object.gateway().metadata().namespace_()));
  }
  const v1::HTTPRoute& route = object.http_route();
  for_each_backend(route, [&](const BackendRef& ref) {
    if (ref.is_service()) references.insert(backend_service(route, ref));
  });
  return references;
}

}  // namespace

std::string grant_from(const v1::Resource& resource) {
  std::vector<std::string> items;
  for (const v1::ReferenceGrantFrom& from : resource.reference_grant().spec().from()) {
    items.push_back(str_cat(from.kind(), ":", from.namespace_()));
  }
  return join(items, ",");
}

std::string grant_to(const v1::Resource& resource) {
  std::vector<std::string> items;
  for (const v1::ReferenceGrantTo& to : resource.reference_grant().spec().to()) {
    items.push_back(str_cat(to.kind(), to.name().empty() ? "" : ":", to.name()));
  }
  return join(items, ",");
}

Table grant_uses(const World& world, const v1::ReferenceGrant& grant) {
  Table table({"  USED BY", "FOR"});
  for (const v1::Resource& object : world.objects) {
    const EntryKey referrer = key_of(object);
    if (referrer.ns == grant.metadata().namespace_()) continue;
    for (const EntryKey& to : references_of(object)) {
      if (to.ns != grant.metadata().namespace_()) continue;
      if (!grants(grant, {referrer.kind, referrer.ns}, to)) continue;
      table.add({"  " + to_string(referrer), to_string(to)});
    }
  }
  return table;
}

}  // namespace limpet::cli
