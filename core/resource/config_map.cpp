#include "core/resource/config_map.h"

#include <string>

#include <absl/strings/escaping.h>

#include "core/resource/secret.h"

namespace limpet {

v1::Secret as_secret(const v1::ConfigMap& config_map) {
  v1::Secret secret;
  secret.mutable_metadata()->set_name(config_map.metadata().name());
  secret.mutable_metadata()->set_namespace_(config_map.metadata().namespace_());
  auto& data = *secret.mutable_data();
  for (const auto& [item, value] : config_map.data()) data[item] = absl::Base64Escape(value);
  // Anew: nothing in a ConfigMap is a Secret's mask, or sealed.
  for (const auto& [item, value] : config_map.binary_data()) {
    std::string decoded;
    if (absl::Base64Unescape(value, &decoded)) data[item] = absl::Base64Escape(decoded);
  }
  return secret;
}

v1::ConfigMap config_map_with_authorities(const v1::ConfigMap& config_map) {
  v1::ConfigMap kept;
  kept.mutable_metadata()->set_name(config_map.metadata().name());
  kept.mutable_metadata()->set_namespace_(config_map.metadata().namespace_());
  const std::string item(kTlsAuthoritiesItem);
  if (const auto text = config_map.data().find(item); text != config_map.data().end()) {
    (*kept.mutable_data())[item] = text->second;
  }
  const auto binary = config_map.binary_data().find(item);
  if (binary != config_map.binary_data().end()) {
    (*kept.mutable_binary_data())[item] = binary->second;
  }
  return kept;
}

}  // namespace limpet
