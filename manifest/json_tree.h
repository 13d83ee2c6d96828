// JSON as a tree, strictly as RFC 8259 has it. The parser is Boost's, whose own values forget
// duplicate keys and how a number was written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "manifest/tree.h"

namespace limpet {

inline constexpr size_t kMaxJsonNodes = 500'000;  // of one text: about 100 bytes each

struct JsonTree {
  YamlDocument document;           // has a root if there is no error
  std::optional<YamlError> error;  // of syntax, or a bound exceeded; with its place
};

// Nodes have no places: who sent the text has no file open. Their strings are quoted. Depth is
// bounded by kMaxYamlDepth.
JsonTree parse_json(std::string_view text);

}  // namespace limpet
