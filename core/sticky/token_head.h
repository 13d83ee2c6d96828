// What a token shows without being opened (its format: core/sticky/token.h). Nobody vouches for it
// unless the token opens.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace limpet {

struct TokenHead {
  uint32_t key_id = 0;
  uint32_t node_number = 0;  // node_number_of() the node that sealed it
};

// Nothing when it is no token, or of a version whose head may be another.
std::optional<TokenHead> read_token_head(std::string_view text);

}  // namespace limpet
