#pragma once

#include <string_view>

namespace limpet {

// docs/openapi.yaml, as it was when this was built.
std::string_view openapi();

}  // namespace limpet
