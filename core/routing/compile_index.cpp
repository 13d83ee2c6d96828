#include "core/routing/compile_index.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
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

std::optional<v1::RateLimitPolicy> rate_limit_policy_of(const CompileIndex& index,
                                                        const std::string& route) {
  std::optional<v1::RateLimitPolicy> oldest;
  const std::string& kind = v1::RateLimitPolicy::descriptor()->name();
  for (const std::string& name :
       referring(index.policies_of_target, policy_reference(kind, route))) {
    const EntryPtr entry = index.snapshot.find(key_of_name(kind, name));
    v1::RateLimitPolicy policy;
    if (entry == nullptr || !policy.ParseFromString(entry->bytes)) continue;
    if (!oldest || policy.metadata().creation_timestamp() <
                       oldest->metadata().creation_timestamp()) {
      oldest = std::move(policy);
    }
  }
  return oldest;
}

std::vector<std::string> referring(const References& references, const std::string& to) {
  std::vector<std::string> names;
  if (const auto* present = references.find(to)) {
    present->for_each([&](std::string_view name, const Nothing&) { names.emplace_back(name); });
  }
  std::sort(names.begin(), names.end());
  return names;
}

EntryKey key_of_name(std::string_view kind, std::string_view name) {
  const size_t slash = name.find('/');
  return {std::string(kind), std::string(name.substr(0, slash)),
          std::string(name.substr(slash + 1))};
}

}  // namespace limpet
