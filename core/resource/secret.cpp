#include "core/resource/secret.h"

#include <string>

namespace limpet {

void mask_values(v1::Secret& secret) {
  auto& data = *secret.mutable_data();
  for (const auto& [item, value] : secret.string_data()) data[item] = "";
  secret.clear_string_data();
  for (auto& [item, value] : data) value = std::string(kSecretMask);
  secret.mutable_metadata()->mutable_annotations()->erase(std::string(kLastAppliedAnnotation));
}

}  // namespace limpet
