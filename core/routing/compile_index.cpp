#include "core/routing/compile_index.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/routing/backend_ref.h"
#include "core/routing/compile_settings.h"

namespace limpet {

std::shared_ptr<const ListenerSettings> settings_of(const CompileIndex& index,
                                                    const v1::Gateway& gateway) {
  const std::optional<EntryKey> key = parameters_of(gateway);
  const auto* found = key ? index.settings.find(str_cat(key->ns, "/", key->name)) : nullptr;
  return found == nullptr ? default_listener_settings() : *found;
}

void refer(References& references, const std::string& to, const std::string& from) {
  const auto* present = references.find(to);
  auto names = present == nullptr ? PersistentMap<std::string, Nothing>() : *present;
  references = std::move(references).set(to, std::move(names).set(from, Nothing()));
}

void unrefer(References& references, const std::string& to, const std::string& from) {
  const auto* present = references.find(to);
  if (present == nullptr) return;
  const auto rest = present->erase(from);
  references = rest.empty() ? references.erase(to) : references.set(to, rest);
}

std::string policy_reference(std::string_view kind, std::string_view target) {
  return str_cat(kind, " ", target);
}

std::vector<std::string> referring(const References& references, const std::string& to) {
  std::vector<std::string> names;
  if (const auto* present = references.find(to)) {
    present->for_each([&](std::string_view name, const Nothing&) { names.emplace_back(name); });
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::set<std::string> regranted_routes(const CompileIndex& before, const CompileIndex& now,
                                       const std::string& ns) {
  std::set<std::string> routes;
  for (std::string& name : referring(before.routes_into_namespace, ns)) {
    const EntryPtr entry = now.snapshot.find(key_of_name("HTTPRoute", name));
    v1::HTTPRoute route;
    if (entry == nullptr || !route.ParseFromString(entry->bytes)) continue;
    if (!permit_alike(before.grants, now.grants, route)) routes.insert(std::move(name));
  }
  return routes;
}

EntryKey key_of_name(std::string_view kind, std::string_view name) {
  const size_t slash = name.find('/');
  return {std::string(kind), std::string(name.substr(0, slash)),
          std::string(name.substr(slash + 1))};
}

}  // namespace limpet
