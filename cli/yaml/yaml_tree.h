// YAML (and JSON, which is YAML) as a tree. The parser is yaml-cpp's; the tree is ours because the
// library's own keeps no place of a key, forgets duplicate keys, and sets no bounds.
#pragma once

#include <string>

#include "manifest/tree.h"

namespace limpet::cli {

YamlStream parse_yaml(const std::string& text);

}  // namespace limpet::cli
