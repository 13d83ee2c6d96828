// What a plain (unquoted) YAML scalar means: by YAML 1.2's core schema, and by YAML 1.1's where
// kubectl follows that one, so that nobody's "on" or "0x1F" quietly becomes something else.
#pragma once

#include <string_view>

namespace limpet {

enum class ScalarType { kNull, kBool, kInt, kFloat, kString };

ScalarType type_of_plain(std::string_view text);

// Requires: type_of_plain(text) is kBool.
bool plain_bool(std::string_view text);

// Digits with an optional sign, without a leading zero: the only form of an integer that every
// reader of YAML understands in the same way.
bool is_decimal(std::string_view text);

// Whether a string must be quoted so that it is read as that string.
bool needs_quotes(std::string_view text);

}  // namespace limpet
