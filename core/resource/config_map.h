// ConfigMaps as TLS uses them. What reads values of Secrets reads theirs, too: as of a Secret with
// the same items.
#pragma once

#include <string_view>

#include "limpet/v1/resource.pb.h"

namespace limpet {

inline constexpr std::string_view kConfigMapKind = "ConfigMap";

// With all values in base64.
v1::Secret as_secret(const v1::ConfigMap& config_map);

// Its name and namespace, and ca.crt alone.
v1::ConfigMap config_map_with_authorities(const v1::ConfigMap& config_map);

}  // namespace limpet
