#pragma once

#include <string>
#include <string_view>

namespace limpet {

// In double quotes, escaped so that both JSON and YAML read the text back. Requires: UTF-8.
std::string quote(std::string_view text);

}  // namespace limpet
